-- Marks a server that has no mark, by its own clock, and says what the mark is. KEYS: mark. ARGV: milliseconds.
local now = redis.call('TIME')
redis.call('SET', KEYS[1], now[1] .. '.' .. now[2], 'PX', ARGV[1], 'NX')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('GET', KEYS[1])
