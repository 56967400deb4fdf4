-- Claims an entry for a while, or says who has it.
--
-- KEYS[1]  the entry, as text of fixed places: L for leased, D for done, F for free; when that ends, in µs since 1970,
--          16 digits; its last fence, 16 digits; the digest it is bound to, 32 bytes or none
-- ARGV[1]  how long to lease it, in µs
-- ARGV[2]  the SHA-256 of the body, or nothing
-- ARGV[3]  when the entry expires, in ms from now: later than the lease, for the sake of the fence
--
-- Answers with the new fence, or {'busy', µs left}, {'done', digest}, {'mismatch'}.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local fence = now
local entry = redis.call('GET', KEYS[1])
if entry then
  local ends = tonumber(string.sub(entry, 2, 17))
  local last = tonumber(string.sub(entry, 18, 33))
  if not ends or not last then
    return redis.error_reply('FOREIGN the key holds something else')
  end
  local state = string.sub(entry, 1, 1)
  if state ~= 'F' and now < ends then
    local digest = string.sub(entry, 34)
    if digest ~= '' and ARGV[2] ~= '' and digest ~= ARGV[2] then
      return {'mismatch'}
    elseif state == 'D' then
      return {'done', digest}
    end
    return {'busy', ends - now}
  end
  fence = math.max(last + 1, now)
end
redis.call('SET', KEYS[1], string.format('L%016.0f%016.0f', now + ARGV[1], fence) .. ARGV[2], 'PX', ARGV[3])
return fence
