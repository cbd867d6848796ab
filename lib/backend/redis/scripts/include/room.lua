-- Full memory refuses a script at its first write, if that could need more, and no later one. What moves messages, or
-- keeps those at work who make room, begins with a write that needs nothing, and so runs to its end.
call('HDEL', $counters, '')
