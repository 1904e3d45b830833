-- Writes each stock state whose version is newer than the stored one. One call takes a whole batch and is atomic.
-- KEYS: one hash per key of stock, stock:{<vendor_item_id>}:<fulfillment_center_id>. In a cluster, all of one slot.
-- ARGV: per key, in the same order: on_hand, reserved, version, change_time_ms. Decimal integers.
-- Answers the number of hashes written.
-- Versions are compared as doubles, exact up to 2^53.
local written = 0
for i, key in ipairs(KEYS) do
  local base = (i - 1) * 4
  local stored = redis.call('HGET', key, 'version')
  if not stored or tonumber(ARGV[base + 3]) > tonumber(stored) then
    redis.call('HSET', key,
      'on_hand', ARGV[base + 1],
      'reserved', ARGV[base + 2],
      'version', ARGV[base + 3],
      'change_time_ms', ARGV[base + 4])
    written = written + 1
  end
end
return written
