-- Stores a new account; changes nothing (0) where the e-mail address is registered.
-- name: InsertUser :execrows
INSERT INTO auth.users (user_id, email, display_name, role, create_time, update_time)
VALUES (@user_id, @email, @display_name, @role, @create_time, @create_time)
ON CONFLICT (email) DO NOTHING;

-- Finds an account by its id.
-- name: GetUser :one
SELECT user_id, email, display_name, role, create_time, update_time
FROM auth.users
WHERE user_id = @user_id;

-- Finds an account by its e-mail address, in lower case.
-- name: GetUserByEmail :one
SELECT user_id, email, display_name, role, create_time, update_time
FROM auth.users
WHERE email = @email;

-- Finds an account and its password hash by its e-mail address, in lower case.
-- name: GetCredentialByEmail :one
SELECT u.user_id, u.role, c.password_hash
FROM auth.users u
JOIN auth.credentials c ON c.user_id = u.user_id
WHERE u.email = @email;

-- Makes the account an admin's; changes nothing (0) where it is one.
-- name: UpdateUserToAdmin :execrows
UPDATE auth.users
SET role = 'ADMIN', update_time = @update_time
WHERE user_id = @user_id AND role <> 'ADMIN';

-- Sets the password of an account.
-- name: UpsertCredential :exec
INSERT INTO auth.credentials (user_id, password_hash, update_time)
VALUES (@user_id, @password_hash, @update_time)
ON CONFLICT (user_id) DO UPDATE
SET password_hash = excluded.password_hash, update_time = excluded.update_time;

-- Replaces a password hash by a stronger one of the same password; changes nothing (0) where the password was set meanwhile.
-- name: UpdateCredentialHash :execrows
UPDATE auth.credentials
SET password_hash = @password_hash
WHERE user_id = @user_id AND password_hash = @old_password_hash;
