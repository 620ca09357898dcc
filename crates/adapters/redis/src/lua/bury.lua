-- Leaves a tombstone, the newest and the longest of those that were left, and removes an older value.
-- KEYS: value, tombstone. ARGV: version, milliseconds.
local version = ARGV[1]
local milliseconds = math.max(tonumber(ARGV[2]), redis.call('PTTL', KEYS[2]))
local buried = redis.call('GET', KEYS[2]) or ''
if buried > version then
    version = buried
end
-- Removing comes first: it needs no memory, and a script that has written may store also where there is none left.
redis.call('DEL', KEYS[2])
local known = redis.call('GETRANGE', KEYS[1], 0, 19)
if known ~= '' and known < ARGV[1] then
    redis.call('DEL', KEYS[1])
end
redis.call('SET', KEYS[2], version, 'PX', string.format('%.0f', milliseconds))
return 1
