-- Counts what was settled: `done`, `moved`, what is stale in `out`.
count('done', done)
count('retried', moved.retry)
count('expired', moved.expired)
count('stale', #out)
local function work(what, n)
  if n > 0 then
    pcall(call, 'HINCRBY', $work, what .. ' ' .. consumer, n)
  end
end
work('done', done)
work('failed', moved.failed)
