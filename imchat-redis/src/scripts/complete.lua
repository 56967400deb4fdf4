-- Ends a lease with the work done: the entry is done for a while.
--
-- KEYS[1]  the entry, as claim.lua writes it
-- ARGV[1]  the fence of the lease
-- ARGV[2]  how long it is retained, in µs
-- ARGV[3]  how long the entry outlives its end, in ms: it holds the fence
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local ends, fence, digest = string.match(redis.call('GET', KEYS[1]) or '', '^L (%d+) (%d+) (.*)$')
if fence ~= ARGV[1] or now >= tonumber(ends) then
  return 0
end
redis.call('SET', KEYS[1], string.format('D %.0f ', now + ARGV[2]) .. fence .. ' ' .. digest,
  'PX', string.format('%.0f', math.ceil(ARGV[2] / 1000) + ARGV[3]))
return 1
