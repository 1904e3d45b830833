-- Lists every key, the newest first.
-- name: ListSigningKeys :many
SELECT key_id, generation, public_key, encrypted_private_key, create_time, activate_time
FROM auth.signing_keys
ORDER BY generation DESC;

-- Stores the key of a generation; changes nothing (0) where another process was first.
-- name: InsertSigningKey :execrows
INSERT INTO auth.signing_keys (key_id, generation, public_key, encrypted_private_key, create_time, activate_time)
VALUES (@key_id, @generation, @public_key, @encrypted_private_key, @create_time, @activate_time)
ON CONFLICT (generation) DO NOTHING;

-- Deletes keys that no living token was signed with.
-- name: DeleteSigningKeys :execrows
DELETE FROM auth.signing_keys
WHERE key_id = ANY (@key_ids::text[]);
