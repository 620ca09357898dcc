-- Stores an entry unless a newer version is known: 1 stored, 0 outdated, -1 when the server was emptied.
-- KEYS: value, tombstone, and the mark where there is one. ARGV: version, entry, milliseconds, and what the mark says.
if KEYS[3] and redis.call('GET', KEYS[3]) ~= ARGV[4] then
    return -1
end
local buried = redis.call('GET', KEYS[2]) or ''
local known = redis.call('GETRANGE', KEYS[1], 0, 19)
if ARGV[1] < buried or ARGV[1] < known then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
