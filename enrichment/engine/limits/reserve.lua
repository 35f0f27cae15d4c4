-- Hears what became of earlier requests, and reserves up to k start times under every one of some limits, and under the
-- hold and the pace of an API. All times are in microseconds.
-- KEYS: what is known of the API and the waits of the column (hold.lua), then for each limit its arrivals, a sorted set
-- {start time that was reserved: when its request has arrived at the latest}, and the last start time.
-- ARGV: k, the look-ahead, how many requests started without a reservation since this worker's last call, how long after
-- its start time a request has arrived though nobody says so, the number of reports, for each of them a start time and
-- what became of its request (0: it never left; -1: it may be on its way; else when it had arrived), then for each limit
-- n, its window and its spacing.
-- A start is granted where all but n-1 of the requests before it have arrived a window earlier. So no window holds the
-- arrivals of more than n requests, whatever holds them up between their start and their arrival.
-- It also comes a spacing after the last start, the pace after the one before it in any limit, and after the hold.
-- Returns the time, the earliest start when that is further than the look-ahead, the end of the hold, the waits,
-- the pace, and the start times.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local k, ahead, surely = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
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

local reports = 5 + 2 * ARGV[5]
local limits = {}
for i = 3, #KEYS, 2 do
  local arrivals, at = KEYS[i], reports + 3 * (i - 1) / 2 - 2
  local n, window, spacing = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local last = tonumber(redis.call('GET', KEYS[i + 1]) or '0')
  if last > now + 1000000 then
    redis.call('DEL', arrivals)
    last = 0
  end
  for report = 6, reports, 2 do
    local start, arrived = ARGV[report], tonumber(ARGV[report + 1])
    if arrived == 0 then
      redis.call('ZREM', arrivals, start)
    else
      redis.call('ZADD', arrivals, 'XX', text(arrived < 0 and now + surely or math.min(arrived, now)), start)
    end
  end
  redis.call('ZREMRANGEBYSCORE', arrivals, '-inf', text(now - window))
  -- The first of the starts to come find a free place, and each of the others follows one of the requests before it.
  k = math.min(k, math.floor(ahead / spacing) + 1)
  local free = n - redis.call('ZCARD', arrivals)
  local before = k > free and redis.call('ZRANGE', arrivals, math.max(0, -free), k - free - 1, 'WITHSCORES') or {}
  limits[#limits + 1] =
    {arrivals = arrivals, window = window, spacing = spacing, last = last, free = free, before = before}
end

local reply = {text(now), '0', text(held_until), text(waits), text(gap)}
local first = #reply
for i = 1, k do
  local start = math.max(now, held_until)
  if rate > 0 then start = math.max(start, next_) end
  for _, limit in ipairs(limits) do
    start = math.max(start, limit.last + limit.spacing)
    if i > limit.free then
      local at = 2 * (i - math.max(0, limit.free))
      local started, arrived = limit.before[at - 1], tonumber(limit.before[at])
      if arrived <= now then
        start = math.max(start, arrived + limit.window)
      else -- it may be on its way
        start = math.max(start, started + limit.window, now + ahead + 1)
      end
    end
  end
  if start > now + ahead then
    if i == 1 then reply[2] = text(start) end
    break
  end
  for _, limit in ipairs(limits) do
    redis.call('ZADD', limit.arrivals, text(start + surely), text(start))
    limit.last = start
  end
  next_ = start + gap
  reply[first + i] = text(start)
end
for i, limit in ipairs(limits) do
  local milliseconds = math.ceil((surely + limit.window) / 1000) + 60000
  redis.call('SET', KEYS[2 * i + 2], text(limit.last), 'PX', milliseconds)
  redis.call('PEXPIRE', limit.arrivals, milliseconds)
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
