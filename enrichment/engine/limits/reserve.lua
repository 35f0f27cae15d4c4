-- Reserves up to k start times under every one of some limits. KEYS: for each limit its last n start times and its pause.
-- ARGV: k and the look-ahead in microseconds, then for each limit n (0 = none, only the pause counts), d, margin and gap.
-- Start i comes no earlier than start i-n + d + margin, and the gap after start i-1.
-- Answers: now, the earliest next start when none was given, starts.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local k, ahead = tonumber(ARGV[1]), tonumber(ARGV[2])
local text = function(number) return string.format('%.0f', number) end

local limits, paused = {}, 0
for i = 1, #KEYS / 2 do
  local slots, at = KEYS[2 * i - 1], 3 + 4 * (i - 1)
  local n, d, margin, gap = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local until_ = tonumber(redis.call('GET', KEYS[2 * i]) or '0')
  if until_ < now + 3700000000 then paused = math.max(paused, until_) end
  if n > 0 then
    local last = tonumber(redis.call('LINDEX', slots, -1) or '0')
    if last > now + ahead + d + 1000000 then -- the clock was set back
      redis.call('DEL', slots)
      last = 0
    end
    local length = redis.call('LLEN', slots)
    if length > n then
      redis.call('LTRIM', slots, -n, -1)
      length = n
    end
    limits[#limits + 1] = {slots = slots, n = n, d = d, margin = margin, gap = gap, last = last, length = length}
  end
end

local answer = {text(now), '0'}
for i = 1, k do
  local start = math.max(now, paused)
  for _, limit in ipairs(limits) do
    start = math.max(start, limit.last + limit.gap)
    if limit.length >= limit.n then
      start = math.max(start, tonumber(redis.call('LINDEX', limit.slots, 0)) + limit.d + limit.margin)
    end
  end
  if start > now + ahead then
    if i == 1 then answer[2] = text(start) end
    break
  end
  for _, limit in ipairs(limits) do
    if limit.length >= limit.n then redis.call('LPOP', limit.slots) else limit.length = limit.length + 1 end
    redis.call('RPUSH', limit.slots, text(start))
    limit.last = start
  end
  answer[i + 2] = text(start)
end
for _, limit in ipairs(limits) do
  redis.call('PEXPIRE', limit.slots, math.ceil(limit.d / 1000) + 60000)
end
return answer
