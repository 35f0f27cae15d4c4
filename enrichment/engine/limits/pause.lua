-- Pauses a limit; a pause that lasts longer stays as it is.
-- KEYS: the time until which the limit is paused, in microseconds. ARGV: for how many milliseconds.
local time = redis.call('TIME')
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  local until_ = time[1] * 1000000 + time[2] + ARGV[1] * 1000
  redis.call('SET', KEYS[1], string.format('%.0f', until_), 'PX', ARGV[1])
end
return 0
