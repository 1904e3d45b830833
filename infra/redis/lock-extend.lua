-- Makes a lock last longer, if it is still the caller's.
-- KEYS[1]: the lock. ARGV[1]: the caller's token. ARGV[2]: milliseconds from now. Answers 1 where it was.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
