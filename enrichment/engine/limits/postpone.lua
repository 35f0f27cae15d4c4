-- Moves a start time to when the request really started, so that the window after it begins then.
-- KEYS: the start times of each limit. ARGV: the start time that was reserved, and the real one, in microseconds.
for _, starts in ipairs(KEYS) do
  local place = redis.call('LPOS', starts, ARGV[1], 'RANK', -1)
  if place then redis.call('LSET', starts, place, ARGV[2]) end
end
return 0
