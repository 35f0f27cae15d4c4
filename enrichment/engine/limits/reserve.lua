-- Reserves up to k start times under every one of some limits. All times are in microseconds.
-- KEYS: for each limit the list of its last n start times, and the time until which it is paused.
-- ARGV: k and the look-ahead, then for each limit n (0 = none, only the pause counts), its window and its spacing.
-- Start i comes no earlier than a window after start i-n, and a spacing after start i-1.
-- Returns the time, the earliest start when that is further than the look-ahead, and the start times.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local k, ahead = tonumber(ARGV[1]), tonumber(ARGV[2])
local text = function(number) return string.format('%.0f', number) end

local limits, paused = {}, 0
for i = 1, #KEYS / 2 do
  local starts, at = KEYS[2 * i - 1], 3 * i
  local n, window, spacing = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local until_ = tonumber(redis.call('GET', KEYS[2 * i]) or '0')
  -- What lies further ahead than can be was written before the clock was set back; nobody waits for it.
  if until_ < now + 3700000000 then paused = math.max(paused, until_) end
  if n > 0 then
    local last = tonumber(redis.call('LINDEX', starts, -1) or '0')
    if last > now + 1000000 then
      redis.call('DEL', starts)
      last = 0
    end
    redis.call('LTRIM', starts, -n, -1)
    local length = redis.call('LLEN', starts)
    limits[#limits + 1] = {starts = starts, n = n, window = window, spacing = spacing, last = last, length = length}
  end
end

local reply = {text(now), '0'}
for i = 1, k do
  local start = math.max(now, paused)
  for _, limit in ipairs(limits) do
    start = math.max(start, limit.last + limit.spacing)
    if limit.length == limit.n then
      start = math.max(start, redis.call('LINDEX', limit.starts, 0) + limit.window)
    end
  end
  if start > now + ahead then
    if i == 1 then reply[2] = text(start) end
    break
  end
  for _, limit in ipairs(limits) do
    if limit.length == limit.n then redis.call('LPOP', limit.starts) else limit.length = limit.length + 1 end
    redis.call('RPUSH', limit.starts, text(start))
    limit.last = start
  end
  reply[i + 2] = text(start)
end
for _, limit in ipairs(limits) do
  redis.call('PEXPIRE', limit.starts, math.ceil(limit.window / 1000) + 60000)
end
return reply
