-- Ends the waits of a column after a success, and the hold of its API where ARGV says so; its pace stays as it is.
-- KEYS: what is known of the API, and the waits of the column. ARGV: 1 to end the hold too.
redis.call('HDEL', KEYS[1], 'waits')
redis.call('DEL', KEYS[2])
if ARGV[1] == '1' then redis.call('HDEL', KEYS[1], 'held_at', 'held_until') end
return 0
