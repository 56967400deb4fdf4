-- Claims an entry for a while, or says who has it.
--
-- KEYS[1]  the entry: its state (L leased, D done, F free), when that ends in µs since 1970, its last fence, a digest
-- ARGV[1]  how long to lease it, in µs
-- ARGV[2]  the SHA-256 of the body, or nothing
-- ARGV[3]  how long the entry outlives its end, in ms: it holds the fence
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local fence = 0
local entry = redis.call('GET', KEYS[1])
if entry then
  local state, ends, last, digest = string.match(entry, '^([LDF]) (%d+) (%d+) (.*)$')
  if not state then
    return redis.error_reply('FOREIGN the key holds something else')
  end
  if state ~= 'F' and now < tonumber(ends) then
    if digest ~= '' and ARGV[2] ~= '' and digest ~= ARGV[2] then
      return {'mismatch'}
    elseif state == 'D' then
      return {'done', digest}
    end
    return {'busy', tonumber(ends) - now}
  end
  fence = tonumber(last)
end
fence = math.max(fence + 1, now)
redis.call('SET', KEYS[1], string.format('L %.0f %.0f ', now + ARGV[1], fence) .. ARGV[2],
  'PX', string.format('%.0f', math.ceil(ARGV[1] / 1000) + ARGV[3]))
return {'granted', fence}
