-- Takes newer counts of the database over, and ends grants: their units are in those counts now, or were refused. Units come back by
-- subtracting what the grant added, once, never by overwriting.
-- KEYS[1]: prefix of everything (see grant-units.lua). ARGV[1]: JSON [[stock key, available, version], …]. ARGV[2]: JSON [id, …].
-- Answers how many grants were ended.
local prefix, ended = KEYS[1], 0
for _, state in ipairs(cjson.decode(ARGV[1])) do
  local key = prefix .. 'stock:' .. state[1]
  local version = redis.call('HGET', key, 'version')
  if not version or tonumber(state[3]) > tonumber(version) then
    redis.call('HSET', key, 'available', state[2], 'version', state[3])
  end
end
for _, id in ipairs(cjson.decode(ARGV[2])) do
  local lines = redis.call('GET', prefix .. 'grant:' .. id)
  if lines then
    for _, line in ipairs(cjson.decode(lines)) do
      redis.call('HINCRBY', prefix .. 'stock:' .. line[1], 'pending', '-' .. line[2])
    end
    redis.call('DEL', prefix .. 'grant:' .. id)
    ended = ended + 1
  end
  redis.call('ZREM', prefix .. 'grants', id)
end
return ended
