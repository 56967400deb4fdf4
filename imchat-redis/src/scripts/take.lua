-- Takes tokens out of a bucket, or says how long to wait for them.
--
-- The bucket is one number: when it will be full again, in µs since 1970. Taking tokens moves that ahead by the time in
-- which they come back; more than a whole bucket ahead it cannot be.
--
-- KEYS[1]  the bucket
-- ARGV[1]  the time in which the tokens asked for come back, in µs
-- ARGV[2]  the time in which an empty bucket becomes full, in µs
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = redis.call('GET', KEYS[1])
if full then
  full = tonumber(full)
  if not full then
    return redis.error_reply('FOREIGN the key holds something else')
  end
  -- A clock that stepped back must not make anybody wait longer than an empty bucket does.
  full = math.min(math.max(full, now), now + ARGV[2])
else
  full = now
end
full = full + ARGV[1]
local wait = full - now - ARGV[2]
if wait > 0 then
  return wait
end
if full > now then
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', string.format('%.0f', math.ceil((full - now) / 1000)))
end
return 0
