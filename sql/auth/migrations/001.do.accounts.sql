CREATE TYPE auth.role AS ENUM ('CUSTOMER', 'ADMIN');

CREATE TABLE auth.users (
  user_id uuid PRIMARY KEY,
  -- In lower case; the service lowers it before it gets here.
  email text NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254 AND email = lower(email)),
  display_name text NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 100),
  role auth.role NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL CHECK (update_time >= create_time),
  CONSTRAINT users_email_key UNIQUE (email)
);

-- Apart from users, so that no query that reads an account can hand out a hash by mistake.
CREATE TABLE auth.credentials (
  user_id uuid PRIMARY KEY REFERENCES auth.users (user_id) ON DELETE CASCADE,
  -- PHC string: $argon2id$v=19$m=…,t=…,p=…$salt$hash
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%' AND char_length(password_hash) <= 512),
  update_time timestamptz NOT NULL
);

-- What a keyed call answered first. Only calls that succeeded are here.
CREATE TABLE auth.idempotency_records (
  -- Who called. SignUp has no signed-in caller: the e-mail address stands for it.
  caller text NOT NULL CHECK (char_length(caller) <= 254),
  method text NOT NULL,
  request_id text NOT NULL CHECK (char_length(request_id) BETWEEN 1 AND 128),
  -- HMAC-SHA-256 of the payload. Keyed, because the payload holds a password.
  fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
  result jsonb NOT NULL,
  expire_time timestamptz NOT NULL,
  PRIMARY KEY (caller, method, request_id)
);

CREATE INDEX idempotency_records_expire_time_idx ON auth.idempotency_records (expire_time);
