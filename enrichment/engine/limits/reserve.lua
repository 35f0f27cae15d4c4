-- Reserves up to k start times under every one of some limits, and under the hold and the pace of an API.
-- All times are in microseconds.
-- KEYS: what is known of the API and the waits of the column (hold.lua), then for each limit the list of its last n
-- start times.
-- ARGV: k, the look-ahead, how many requests started without a reservation since this worker's last call, then for each
-- limit n, its window and its spacing.
-- Start i comes no earlier than a window after start i-n, a spacing after start i-1, the pace after the start before it
-- in any limit, and the end of the hold.
-- Returns the time, the earliest start when that is further than the look-ahead, the end of the hold, the waits,
-- the pace, and the start times.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local k, ahead = tonumber(ARGV[1]), tonumber(ARGV[2])
local text = function(number) return string.format('%.0f', number) end

local api = KEYS[1]
local known = redis.call('HMGET', api, 'held_at', 'held_until', 'waits', 'rate', 'next', 'step', 'ceiling', 'raised_at')
for i = 1, #known do known[i] = tonumber(known[i] or '0') end
local held_at, held_until, waits, rate, next_, step, ceiling, raised_at = unpack(known)
waits = math.max(waits, tonumber(redis.call('HGET', KEYS[2], 'waits') or '0'))
-- What was written later than now was written before the clock was set back; nobody waits for it.
if held_at > now then held_until = 0 end
if next_ > now + 60000000 then next_ = 0 end

-- The pace goes up while it is what holds requests up. Above the rate from before there was one, it is over.
if rate > 0 and next_ > now then
  local since = math.max(raised_at, held_until)
  if now > since then rate = rate + step * math.min(1, (now - since) / 1000000) end
  if rate > ceiling then
    rate = 0
    redis.call('HDEL', api, 'rate', 'next', 'step', 'ceiling', 'raised_at')
  else
    redis.call('HSET', api, 'rate', string.format('%.6f', rate), 'raised_at', text(now))
  end
end
local gap = rate > 0 and 1000000 / rate or 0

local limits = {}
for i = 3, #KEYS do
  local starts, at = KEYS[i], 3 * i - 5
  local n, window, spacing = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local last = tonumber(redis.call('LINDEX', starts, -1) or '0')
  if last > now + 1000000 then
    redis.call('DEL', starts)
    last = 0
  end
  redis.call('LTRIM', starts, -n, -1)
  local length = redis.call('LLEN', starts)
  limits[#limits + 1] = {starts = starts, n = n, window = window, spacing = spacing, last = last, length = length}
end

local reply = {text(now), '0', text(held_until), text(waits), text(gap)}
local first = #reply
for i = 1, k do
  local start = math.max(now, held_until)
  if rate > 0 then start = math.max(start, next_) end
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
  next_ = start + gap
  reply[first + i] = text(start)
end
for _, limit in ipairs(limits) do
  redis.call('PEXPIRE', limit.starts, math.ceil(limit.window / 1000) + 60000)
end

-- How many started in this second and in the one before, whoever sent them.
if rate > 0 then redis.call('HSET', api, 'next', text(next_)) end
local started = tonumber(ARGV[3]) + #reply - first
if started > 0 then
  local second = math.floor(now / 1000000)
  local counted = tonumber(redis.call('HGET', api, 'second') or '0')
  if counted ~= second then
    local before = counted == second - 1 and redis.call('HGET', api, 'sent') or 0
    redis.call('HSET', api, 'second', second, 'sent_before', before, 'sent', 0)
  end
  redis.call('HINCRBY', api, 'sent', started)
  redis.call('PEXPIRE', api, 86400000 + math.max(0, math.ceil((held_until - now) / 1000)))
end
return reply
