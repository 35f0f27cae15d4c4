-- Tells that a request started later than its slot, so that the window behind it begins when it really did.
-- KEYS: the start times of each limit. ARGV: the slot and the real start, in microseconds.
for _, slots in ipairs(KEYS) do
  local place = redis.call('LPOS', slots, ARGV[1], 'RANK', -1)
  if place then redis.call('LSET', slots, place, ARGV[2]) end
end
return 0
