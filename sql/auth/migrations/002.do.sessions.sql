-- One row for each log-in. It is the lock under which the tokens that descend from that log-in change.
CREATE TABLE auth.refresh_families (
  family_id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES auth.users (user_id) ON DELETE CASCADE,
  create_time timestamptz NOT NULL,
  -- When its newest token ends.
  expire_time timestamptz NOT NULL,
  revoke_time timestamptz
);

CREATE INDEX refresh_families_user_id_idx ON auth.refresh_families (user_id, create_time);
CREATE INDEX refresh_families_expire_time_idx ON auth.refresh_families (expire_time);

CREATE TABLE auth.refresh_tokens (
  -- SHA-256 of the token. The token has 256 random bits, so that a fast hash without salt is enough.
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  family_id uuid NOT NULL REFERENCES auth.refresh_families (family_id) ON DELETE CASCADE,
  create_time timestamptz NOT NULL,
  expire_time timestamptz NOT NULL CHECK (expire_time > create_time),
  -- When it was exchanged for the next one.
  use_time timestamptz
);

-- At most one token of a family is unused: a rotation that raced past the lock would fail here.
CREATE UNIQUE INDEX refresh_tokens_one_unused_per_family ON auth.refresh_tokens (family_id) WHERE use_time IS NULL;
CREATE INDEX refresh_tokens_family_id_idx ON auth.refresh_tokens (family_id);
CREATE INDEX refresh_tokens_expire_time_idx ON auth.refresh_tokens (expire_time);
