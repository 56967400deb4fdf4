-- Ends a lease with the work done: the entry is done for a while.
--
-- KEYS[1]  the entry, as claim.lua writes it
-- ARGV[1]  the fence of the lease, 16 digits
-- ARGV[2]  when the entry expires, in ms from now
-- ARGV[3]  how long it is retained, in µs
--
-- Answers 1, or 0 where the lease is lost.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local entry = redis.call('GET', KEYS[1])
if not entry or string.sub(entry, 1, 1) ~= 'L' or string.sub(entry, 18, 33) ~= ARGV[1]
  or now >= tonumber(string.sub(entry, 2, 17)) then
  return 0
end
redis.call('SET', KEYS[1], string.format('D%016.0f', now + ARGV[3]) .. string.sub(entry, 18), 'PX', ARGV[2])
return 1
