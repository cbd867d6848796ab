-- To the dead letters. `info` is msgpack of { r = reason, e = error as JSON, c = consumer, w = ms, s = address or source }.
local function bury(m, h, p, info)
  call('XADD', $dead, '*', 'h', h or '', 'p', p, 'e', cmsgpack.pack(info))
  count('dead', 1)
  if m then
    free(m.n, m.k, m.i)
  end
end
