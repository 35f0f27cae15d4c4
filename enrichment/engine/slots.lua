-- Reserves up to k start times for one rate limit. KEYS: the last n start times, the pause.
-- ARGV: k, n (0 = no limit, only the pause counts), d, margin, look-ahead and gap in microseconds.
-- Slot i starts no earlier than slot i-n + d + margin, and the gap after slot i-1. Answers: now, the earliest next start when none was given, starts.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local k, n, d = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local margin, ahead, gap = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local paused = tonumber(redis.call('GET', KEYS[2]) or '0')
local text = function(number) return string.format('%.0f', number) end

if n == 0 then
  if paused > now + ahead then return {text(now), text(paused)} end
  local starts = {text(now), '0'}
  for i = 1, k do starts[i + 2] = text(math.max(now, paused)) end
  return starts
end

local length = redis.call('LLEN', KEYS[1])
if length > n then
  redis.call('LTRIM', KEYS[1], -n, -1)
  length = n
end
local last = tonumber(redis.call('LINDEX', KEYS[1], -1) or '0')
local answer = {text(now), '0'}
for i = 1, k do
  local start = math.max(now, paused, last + gap)
  if length >= n then
    start = math.max(start, tonumber(redis.call('LINDEX', KEYS[1], 0)) + d + margin)
  end
  if start > now + ahead then
    if i == 1 then answer[2] = text(start) end
    break
  end
  if length >= n then redis.call('LPOP', KEYS[1]) else length = length + 1 end
  redis.call('RPUSH', KEYS[1], text(start))
  last = start
  answer[i + 2] = text(start)
end
redis.call('PEXPIRE', KEYS[1], math.ceil(d / 1000) + 60000)
return answer
