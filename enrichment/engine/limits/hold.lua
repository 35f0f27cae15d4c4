-- Hears that an API refused a request because there were too many, or asked to wait: nobody sends to it for a while.
-- All times are in microseconds.
-- KEYS: what is known of the API, and the waits of the column. ARGV: the time since the request started, the wait that
-- the API asked for (0 when it didn't say), whether it is too fast, requests that started and were not counted yet, and
-- the longest wait in which a run goes on.
-- Only a refusal of what started after the last hold says something new: what was under way when that began was refused
-- for the same reason.
--   The hold: as long as the API asks, or 1 s, then 2, 4 … up to a minute for each wait without a success since.
--   The pace: half of what was sent in the last second, or of the pace, once for all waits without a success.
-- Returns the time, the end of the hold, the waits of the column without a success, and when they began.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local api, column = KEYS[1], KEYS[2]
local started, asked, too_fast = now - ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local text = function(number) return string.format('%.0f', number) end
local known = function(key, name) return tonumber(redis.call('HGET', key, name) or '0') end

local held_until = known(api, 'held_until')
if known(api, 'held_at') > now then held_until = 0 end
local is_news = started >= held_until

if is_news then
  if redis.call('HINCRBY', api, 'waits', 1) == 1 and too_fast then
    local second, rate, ceiling = math.floor(now / 1000000), known(api, 'rate'), known(api, 'ceiling')
    if rate == 0 then
      local counted, sent, before = known(api, 'second'), known(api, 'sent'), known(api, 'sent_before')
      if counted == second - 1 then sent, before = 0, sent elseif counted ~= second then sent, before = 0, 0 end
      rate = sent + ARGV[4] + before * (1 - (now / 1000000 - second))
      ceiling = math.max(1, rate)
    end
    rate = math.max(0.1, rate / 2)
    redis.call(
      'HSET', api, 'rate', string.format('%.6f', rate), 'step', string.format('%.6f', rate / 20),
      'ceiling', string.format('%.6f', ceiling), 'raised_at', text(now), 'next', '0'
    )
  end
  redis.call('HINCRBY', column, 'waits', 1)
  redis.call('HSETNX', column, 'since', text(now))
  if asked == 0 then asked = 1000000 * math.min(60, 2 ^ (known(api, 'waits') - 1)) end
end
if asked > 0 and now + asked > held_until then
  held_until = now + asked
  redis.call('HSET', api, 'held_at', text(now), 'held_until', text(held_until))
  -- The time of a wait in which the run is paused is not counted.
  if asked > tonumber(ARGV[5]) then redis.call('HSET', column, 'since', text(held_until)) end
end
for _, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, 86400000 + math.ceil((held_until - now) / 1000))
end
return {text(now), text(held_until), text(known(column, 'waits')), text(known(column, 'since'))}
