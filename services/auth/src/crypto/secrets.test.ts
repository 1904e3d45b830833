import { describe, expect, it } from "vitest";
import { createFingerprint, createKeyCipher, createRefreshTokens } from "./secrets.ts";

const plain = Buffer.from("a private key");

describe("secrets", () => {
  it("cipher - opens what it sealed, and never seals alike twice", () => {
    const cipher = createKeyCipher("one secret");
    const sealed = cipher.seal("k1", plain);
    expect(Buffer.from(cipher.open("k1", sealed))).toEqual(plain);
    expect(cipher.seal("k1", plain)).not.toEqual(sealed);
    expect(Buffer.from(sealed).includes(plain)).toBe(false);
  });

  it("cipher - another secret, another key id and changed bytes open nothing", () => {
    const cipher = createKeyCipher("one secret");
    const sealed = Uint8Array.from(cipher.seal("k1", plain));
    expect(() => createKeyCipher("another secret").open("k1", sealed)).toThrow(/auth|tag|nonce|initialization/i);
    expect(() => cipher.open("k2", sealed)).toThrow(/auth|tag|nonce|initialization/i);
    for (const index of [0, 15, sealed.length - 1]) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => cipher.open("k1", changed)).toThrow(/auth|tag|nonce|initialization/i);
    }
    expect(() => cipher.open("k1", new Uint8Array(3))).toThrow(/auth|tag|nonce|initialization/i);
  });

  it("fingerprint - the same for the same payload and secret only", () => {
    const fingerprint = createFingerprint("one secret");
    expect(fingerprint("a")).toEqual(createFingerprint("one secret")("a"));
    expect(fingerprint("a")).not.toEqual(fingerprint("b"));
    expect(fingerprint("a")).not.toEqual(createFingerprint("another secret")("a"));
    expect(fingerprint("a")).toHaveLength(32);
  });

  it("refresh token - 256 random bits, and the hash of it", () => {
    const tokens = createRefreshTokens();
    const { token, hash } = tokens.create();
    expect(Buffer.from(token, "base64url")).toHaveLength(32);
    expect(tokens.hash(token)).toEqual(hash);
    expect(tokens.create().token).not.toBe(token);
  });
});
