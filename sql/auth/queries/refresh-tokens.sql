-- Begins the family of a log-in.
-- name: InsertRefreshFamily :exec
INSERT INTO auth.refresh_families (family_id, user_id, create_time, expire_time)
VALUES (@family_id, @user_id, @create_time, @expire_time);

-- Stores a token of a family.
-- name: InsertRefreshToken :exec
INSERT INTO auth.refresh_tokens (token_hash, family_id, create_time, expire_time)
VALUES (@token_hash, @family_id, @create_time, @expire_time);

-- Locks the family that a token belongs to. What the token itself says must be read after this, by a statement of its
-- own: a join here would show the token as it was before the wait for the lock.
-- name: LockRefreshFamily :one
SELECT f.family_id, f.user_id, f.revoke_time
FROM auth.refresh_families f
WHERE f.family_id = (SELECT t.family_id FROM auth.refresh_tokens t WHERE t.token_hash = @token_hash)
FOR UPDATE OF f;

-- Finds a token by its hash.
-- name: GetRefreshToken :one
SELECT family_id, expire_time, use_time
FROM auth.refresh_tokens
WHERE token_hash = @token_hash;

-- Ends a token: it was exchanged.
-- name: UpdateRefreshTokenUsed :execrows
UPDATE auth.refresh_tokens
SET use_time = @use_time
WHERE token_hash = @token_hash AND use_time IS NULL;

-- Moves the end of a family to the end of its newest token.
-- name: UpdateRefreshFamilyExpireTime :exec
UPDATE auth.refresh_families
SET expire_time = @expire_time
WHERE family_id = @family_id;

-- Revokes a family; changes nothing (0) where it is revoked.
-- name: UpdateRefreshFamilyRevoked :execrows
UPDATE auth.refresh_families
SET revoke_time = @revoke_time
WHERE family_id = @family_id AND revoke_time IS NULL;

-- Revokes the family that a token belongs to; changes nothing (0) where it is revoked or nobody knows the token.
-- name: UpdateRefreshFamilyRevokedByToken :execrows
UPDATE auth.refresh_families f
SET revoke_time = @revoke_time
FROM auth.refresh_tokens t
WHERE t.token_hash = @token_hash AND f.family_id = t.family_id AND f.revoke_time IS NULL;

-- Revokes every family of a user.
-- name: UpdateRefreshFamiliesRevokedByUser :execrows
UPDATE auth.refresh_families
SET revoke_time = @revoke_time
WHERE user_id = @user_id AND revoke_time IS NULL;

-- Deletes the oldest log-ins of a user beyond the newest so many.
-- name: DeleteOldestRefreshFamilies :execrows
DELETE FROM auth.refresh_families
WHERE family_id IN (
  SELECT f.family_id FROM auth.refresh_families f
  WHERE f.user_id = @user_id
  ORDER BY f.create_time DESC, f.family_id DESC
  OFFSET @max_families::int
  LIMIT 100);

-- Deletes families whose newest token has ended, with their tokens, at most so many.
-- name: DeleteEndedRefreshFamilies :execrows
DELETE FROM auth.refresh_families
WHERE family_id IN (
  SELECT f.family_id FROM auth.refresh_families f
  WHERE f.expire_time <= @now
  ORDER BY f.expire_time
  LIMIT @max_rows::int
  FOR UPDATE SKIP LOCKED);

-- Deletes used tokens that would have ended by now, of families that live on, at most so many.
-- name: DeleteEndedRefreshTokens :execrows
DELETE FROM auth.refresh_tokens
WHERE token_hash IN (
  SELECT t.token_hash FROM auth.refresh_tokens t
  WHERE t.expire_time <= @now AND t.use_time IS NOT NULL
  ORDER BY t.expire_time
  LIMIT @max_rows::int
  FOR UPDATE SKIP LOCKED);
