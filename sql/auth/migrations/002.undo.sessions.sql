DROP TABLE auth.refresh_tokens;
DROP TABLE auth.refresh_families;
