import { createPrivateKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { calculateJwkThumbprint } from "jose";
import type { Clock, PublicKey, SigningKeyStore, StoredSigningKey } from "../domain/ports.ts";
import { currentKey, endedKeys, nextKey, publishedKeys, type RotationPolicy } from "../domain/signing-keys.ts";
import type { KeyCipher } from "./secrets.ts";

const generateKeys = promisify(generateKeyPair);

/** How long keys are taken from memory. Other processes' rotations show after this long. */
const maxAgeMs = 5_000;

/** The key that signs. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

/** The signing keys of every auth process on this database. */
export interface KeyRing {
  current(): Promise<SigningKey>;
  /** The public halves, the current key's first. */
  published(): Promise<readonly PublicKey[]>;
  /** Reads the keys anew, for a token of a key that is not among them. */
  reload(): Promise<void>;
  /** Makes the next key where it is due, and deletes keys that have ended. Answers whether this process made one. */
  rotateIfDue(): Promise<boolean>;
  /** Makes a key that signs from now on, due or not; for keys that may have leaked, and for tests. Answers its id. */
  rotateNow(): Promise<string>;
}

/** What the key ring needs. */
export interface KeyRingDependencies {
  readonly store: SigningKeyStore;
  readonly cipher: KeyCipher;
  readonly clock: Clock;
  readonly policy: RotationPolicy;
  /** Hears that keys could not be read; those in memory serve on. */
  readonly onReloadError: (error: unknown) => void;
}

/**
 * Keeps the keys in memory for 5 s. Processes agree through the database alone: a generation is unique, and of several that make the
 * next one at the same moment one succeeds and the others take its key.
 */
export function createKeyRing(deps: KeyRingDependencies): KeyRing {
  const { store, clock, policy } = deps;
  const opened = new Map<string, KeyObject>();
  let keys: readonly StoredSigningKey[] = [];
  let loadedAtMs = -Infinity;
  let loading: Promise<void> | undefined;

  const load = async (): Promise<void> => {
    const list = await store.list();
    if (list.length === 0) {
      await insertNext([], clock.now());
      keys = await store.list();
    } else {
      keys = list;
    }
    loadedAtMs = performance.now();
  };
  const reload = (): Promise<void> => (loading ??= load().finally(() => (loading = undefined)));
  const fresh = async (): Promise<readonly StoredSigningKey[]> => {
    if (performance.now() - loadedAtMs < maxAgeMs) return keys;
    try {
      await reload();
    } catch (error) {
      if (keys.length === 0) throw error;
      deps.onReloadError(error);
      loadedAtMs = performance.now();
    }
    return keys;
  };
  const insertNext = async (list: readonly StoredSigningKey[], now: Date): Promise<boolean> => {
    const next = nextKey(list, now, policy);
    if (next === undefined) return false;
    return store.insert({ ...(await createKey(deps.cipher)), ...next, createTime: now });
  };
  const open = (key: StoredSigningKey): KeyObject => {
    const known = opened.get(key.keyId);
    if (known !== undefined) return known;
    const privateKey = openPrivateKey(deps.cipher, key);
    opened.clear();
    opened.set(key.keyId, privateKey);
    return privateKey;
  };

  return {
    current: async () => {
      const key = currentKey(await fresh(), clock.now());
      if (key === undefined) throw new Error("there is no signing key");
      return { keyId: key.keyId, privateKey: open(key) };
    },
    published: async () => publishedKeys(await fresh(), clock.now(), policy).map((key) => key.publicKey),
    reload,
    rotateIfDue: async () => {
      const now = clock.now();
      await reload();
      const made = await insertNext(keys, now);
      const ended = endedKeys(keys, now, policy).map((key) => key.keyId);
      if (ended.length > 0) await store.delete(ended);
      if (made || ended.length > 0) await reload();
      // A wrong secret shows here, at the start, and not at the first log-in.
      const current = currentKey(keys, now);
      if (current !== undefined) open(current);
      return made;
    },
    rotateNow: async () => {
      for (;;) {
        await reload();
        const now = clock.now();
        const generation = Math.max(0, ...keys.map((key) => key.generation)) + 1;
        const key = { ...(await createKey(deps.cipher)), generation, activateTime: now, createTime: now };
        if (!(await store.insert(key))) continue;
        await reload();
        return key.keyId;
      }
    },
  };
}

async function createKey(cipher: KeyCipher): Promise<Pick<StoredSigningKey, "keyId" | "publicKey" | "encryptedPrivateKey">> {
  const pair = await generateKeys("ec", { namedCurve: "P-256" });
  const { x, y } = pair.publicKey.export({ format: "jwk" });
  if (x === undefined || y === undefined) throw new Error("the generated key has no point");
  const keyId = await calculateJwkThumbprint({ kty: "EC", crv: "P-256", x, y });
  return {
    keyId,
    publicKey: { kty: "EC", kid: keyId, use: "sig", alg: "ES256", crv: "P-256", x, y },
    encryptedPrivateKey: cipher.seal(keyId, pair.privateKey.export({ format: "der", type: "pkcs8" })),
  };
}

function openPrivateKey(cipher: KeyCipher, key: StoredSigningKey): KeyObject {
  try {
    const der = Buffer.from(cipher.open(key.keyId, key.encryptedPrivateKey));
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } catch (cause) {
    const message = `KEY_ENCRYPTION_SECRET does not open signing key ${key.keyId}: set the secret that the key was stored under`;
    throw new Error(message, { cause });
  }
}
