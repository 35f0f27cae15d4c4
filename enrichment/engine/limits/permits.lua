-- Grants a worker permits for requests under way, so that all workers together keep to a cap.
-- KEYS: a hash {worker: "permits:short:until"}. ARGV: worker, cap, permits in use, permits requested, milliseconds.
-- A worker is short when it requested more than it was granted; then nobody else gets more than an even part.
-- A grant holds for the milliseconds: until then the worker renews it, or it has died.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local cap, in_use, requested, good_for = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local taken, workers, others_short = 0, 1, false
local grants = redis.call('HGETALL', KEYS[1])
for i = 1, #grants, 2 do
  local permits, short, until_ = string.match(grants[i + 1], '(%d+):(%d):(%d+)')
  local left = until_ - now
  if left < 0 or left > good_for then -- it died, or the clock was set back
    redis.call('HDEL', KEYS[1], grants[i])
  elseif grants[i] ~= ARGV[1] then
    taken = taken + permits
    workers = workers + 1
    others_short = others_short or short == '1'
  end
end

local granted = math.max(0, math.min(requested, cap - taken))
if others_short then granted = math.min(granted, math.max(1, math.floor(cap / workers))) end
local short = granted < requested and '1' or '0'
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d:%s:%.0f', math.max(granted, in_use), short, now + good_for))
redis.call('PEXPIRE', KEYS[1], good_for)
return granted
