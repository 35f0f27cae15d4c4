-- Says how many requests a worker may have under way for one key, so that all workers together keep to the cap.
-- KEYS: a hash {worker: "allowed:hungry:until"}. ARGV: worker, cap, under way, wanted in all, milliseconds it is good for.
-- A worker that wants more than it gets is hungry; then nobody else gets more than a fair share.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local cap, under_way, wanted, good_for = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local taken, members, hungry = 0, 1, false
local entries = redis.call('HGETALL', KEYS[1])
for i = 1, #entries, 2 do
  local allowed, wants, until_ = string.match(entries[i + 1], '(%d+):(%d):(%d+)')
  until_ = tonumber(until_)
  if until_ < now or until_ > now + 60000 then -- dead, or the clock was set back
    redis.call('HDEL', KEYS[1], entries[i])
  elseif entries[i] ~= ARGV[1] then
    taken = taken + tonumber(allowed)
    members = members + 1
    hungry = hungry or wants == '1'
  end
end

local allowed = math.max(0, math.min(wanted, cap - taken))
if hungry then allowed = math.min(allowed, math.max(1, math.floor(cap / members))) end
local held = math.max(allowed, under_way)
local wants = allowed < wanted and '1' or '0'
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d:%s:%.0f', held, wants, now + good_for))
redis.call('PEXPIRE', KEYS[1], 60000)
return allowed
