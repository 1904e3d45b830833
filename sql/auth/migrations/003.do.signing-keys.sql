CREATE TABLE auth.signing_keys (
  -- The `kid` of tokens: the RFC 7638 thumbprint of the public key.
  key_id text PRIMARY KEY,
  -- 1 for the first key. Unique, so that of several processes that rotate at once exactly one succeeds.
  generation int NOT NULL CHECK (generation > 0),
  -- The public key as a JSON Web Key.
  public_key jsonb NOT NULL,
  -- The private key (PKCS #8, DER), AES-256-GCM: nonce (12 bytes), ciphertext, tag (16 bytes).
  encrypted_private_key bytea NOT NULL,
  create_time timestamptz NOT NULL,
  -- When it begins to sign. Published before that, so that nobody meets a token of an unknown key.
  activate_time timestamptz NOT NULL CHECK (activate_time >= create_time),
  CONSTRAINT signing_keys_generation_key UNIQUE (generation)
);
