import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from "node:crypto";
import type { RefreshTokens } from "../domain/ports.ts";

const nonceBytes = 12;
const tagBytes = 16;

/** Seals the private halves of signing keys. */
export interface KeyCipher {
  /** `keyId` is bound to the ciphertext: it opens under this id only. */
  seal(keyId: string, plain: Uint8Array): Uint8Array;
  /** Throws where the secret is another one or the bytes were changed. */
  open(keyId: string, sealed: Uint8Array): Uint8Array;
}

/** AES-256-GCM under a key that HKDF-SHA-256 derives from the configured secret. */
export function createKeyCipher(secret: string): KeyCipher {
  const key = deriveKey(secret, "signing-keys");
  return {
    seal: (keyId, plain) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(keyId));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open: (keyId, sealed) => {
      const nonce = sealed.subarray(0, nonceBytes);
      const tag = sealed.subarray(-tagBytes);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(keyId)).setAuthTag(tag);
      return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    },
  };
}

/** HMAC-SHA-256 of a payload under a key derived from the configured secret: useless to whoever has the database alone. */
export function createFingerprint(secret: string): (payload: string) => Uint8Array {
  const key = deriveKey(secret, "request-fingerprints");
  return (payload) => createHmac("sha256", key).update(payload).digest();
}

/** Opaque tokens of 256 random bits. */
export function createRefreshTokens(): RefreshTokens {
  return {
    create: () => {
      const token = randomBytes(32).toString("base64url");
      return { token, hash: hashToken(token) };
    },
    hash: hashToken,
  };
}

function hashToken(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "flashdeal-auth", purpose, 32));
}
