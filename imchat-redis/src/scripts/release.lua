-- Ends a lease with the work not done: the entry is free at once, and keeps its fence.
--
-- KEYS[1]  the entry, as claim.lua writes it
-- ARGV[1]  the fence of the lease
-- ARGV[2]  how long the entry outlives its end, in ms: it holds the fence
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local ends, fence, digest = string.match(redis.call('GET', KEYS[1]) or '', '^L (%d+) (%d+) (.*)$')
if fence ~= ARGV[1] or now >= tonumber(ends) then
  return 0
end
redis.call('SET', KEYS[1], 'F 0 ' .. fence .. ' ', 'PX', ARGV[2])
return 1
