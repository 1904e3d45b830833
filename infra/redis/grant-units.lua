-- Lets holds through to the database whose units seem to be there, each with all of its lines or not at all, and once per hold.
-- KEYS[1]: prefix of everything. ARGV[1]: now, milliseconds since 1970. ARGV[2]: JSON [[id, [[stock key, quantity], …]], …], each stock
-- key once per hold.
-- <prefix>stock:<stock key>: hash of available and version, as last heard from the database, and pending, the units granted that are not in
-- them yet. <prefix>grant:<id>: the lines of a grant, as JSON. <prefix>grants: the ids of all grants by time.
-- Answers for each hold: granted, unknown (a stock key that was never heard of), or short.
-- Counts are compared as doubles, exact up to 2^53.
local prefix, replies = KEYS[1], {}
for i, hold in ipairs(cjson.decode(ARGV[2])) do
  local grant, reply = prefix .. 'grant:' .. hold[1], 'granted'
  if redis.call('EXISTS', grant) == 0 then
    for _, line in ipairs(hold[2]) do
      local counts = redis.call('HMGET', prefix .. 'stock:' .. line[1], 'available', 'pending')
      if not counts[1] then
        reply = 'unknown'
        break
      end
      if tonumber(counts[1]) - tonumber(counts[2] or '0') < tonumber(line[2]) then
        reply = 'short'
      end
    end
    if reply == 'granted' then
      for _, line in ipairs(hold[2]) do
        redis.call('HINCRBY', prefix .. 'stock:' .. line[1], 'pending', line[2])
      end
      redis.call('SET', grant, cjson.encode(hold[2]))
      redis.call('ZADD', prefix .. 'grants', ARGV[1], hold[1])
    end
  end
  replies[i] = reply
end
return replies
