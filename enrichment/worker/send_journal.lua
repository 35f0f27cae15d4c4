-- Writes what a worker is about to send, and what it was answered.
-- KEYS: the journal. ARGV: milliseconds to keep it for, the marks as "field=rows field=rows …", the fields to remove as
-- "field field …", then the field and the text of each answer.
-- Returns 0 and writes nothing when Redis has lost the journal, or somebody closed it; otherwise 1.
local journal = KEYS[1]
local opened_on, closed = unpack(redis.call('HMGET', journal, 'opened_on', 'closed'))
if not opened_on or closed then return 0 end
for field, rows in string.gmatch(ARGV[2], '([^ =]+)=([^ ]+)') do redis.call('HSET', journal, field, rows) end
for i = 4, #ARGV, 2 do redis.call('HSET', journal, ARGV[i], ARGV[i + 1]) end
for field in string.gmatch(ARGV[3], '[^ ]+') do redis.call('HDEL', journal, field) end
redis.call('PEXPIRE', journal, ARGV[1])
return 1
