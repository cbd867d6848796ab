-- Replies leave, those to one channel in one publication; those of stale requests (`out`, `stale`) do not.
for i = 1, #batch.r, 3 do
  local frames = batch.r[i + 1]
  -- those to keep are stored
  if batch.keeps or #out > 0 then
    local replies, from, left = cmsgpack.unpack(batch.r[i + 2]), 1, {}
    for j = 1, #replies, 5 do
      local list, index, length, keep, unique = unpack(replies, j, j + 4)
      local at = list * 3 - 2
      if #out == 0 or not stale[batch.d[at] .. ' ' .. batch.d[at + 1][index]] then
        local frame = string.sub(frames, from, from + length - 1)
        left[#left + 1] = frame
        if keep > 0 then
          call('SET', $reply .. unique, frame, 'PX', keep)
        end
      end
      from = from + length
    end
    frames = table.concat(left)
  end
  if frames ~= '' then
    call('PUBLISH', batch.r[i], frames)
  end
end
