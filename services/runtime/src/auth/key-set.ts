import { importJWK, type CryptoKey, type JSONWebKeySet } from "jose";
import { ErrorReason, reasonError } from "../errors/index.ts";
import { userTokenAlgorithm } from "./token-format.ts";

/** The public keys by their id, fetched when one is missing. */
export interface KeySet {
  /** The key, or undefined where the issuer has none of this id. Rejects with SERVICE_UNAVAILABLE where it cannot be asked. */
  find(kid: string): Promise<CryptoKey | undefined>;
}

/** How keys are fetched. */
export interface KeySetOptions {
  /** The keys, or how to get them. */
  readonly jwks: JSONWebKeySet | (() => Promise<JSONWebKeySet>);
  /** Shortest pause between two fetches, in milliseconds, however many tokens name unknown keys. */
  readonly refetchIntervalMs: number;
  /** The time in epoch milliseconds. */
  readonly nowMs: () => number;
}

/** Keeps the issuer's keys. An unknown id leads to one fetch for all that wait, and to none within the interval. */
export function createKeySet(options: KeySetOptions): KeySet {
  let keys: ReadonlyMap<string, CryptoKey> | undefined;
  let lastFetchMs = -Infinity;
  let lastFailure: unknown;
  let fetching: Promise<void> | undefined;

  const fetchKeys = async (): Promise<void> => {
    try {
      keys = await importKeys(typeof options.jwks === "function" ? await options.jwks() : options.jwks);
      lastFailure = undefined;
    } catch (error) {
      lastFailure = error;
    } finally {
      lastFetchMs = options.nowMs();
      fetching = undefined;
    }
  };

  return {
    async find(kid) {
      const found = keys?.get(kid);
      if (found !== undefined) return found;
      // After a failure the next token tries again soon; after an answer the issuer is left in peace for the interval.
      const pauseMs = lastFailure === undefined ? options.refetchIntervalMs : Math.min(1_000, options.refetchIntervalMs);
      if (options.nowMs() - lastFetchMs >= pauseMs) fetching ??= fetchKeys();
      await fetching;
      const key = keys?.get(kid);
      if (key === undefined && lastFailure !== undefined) {
        throw reasonError(ErrorReason.SERVICE_UNAVAILABLE, "Tokens cannot be checked now: the issuer's keys are not reachable.", { cause: lastFailure });
      }
      return key;
    },
  };
}

/** Takes only keys that can be the issuer's: elliptic, P-256, with an id. Whatever else the set holds is left alone. */
async function importKeys(jwks: JSONWebKeySet): Promise<ReadonlyMap<string, CryptoKey>> {
  const keys = new Map<string, CryptoKey>();
  for (const jwk of jwks.keys) {
    if (jwk.kid === undefined || jwk.kid === "" || jwk.kty !== "EC" || jwk.crv !== "P-256" || jwk.d !== undefined) continue;
    const key = await importJWK({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }, userTokenAlgorithm);
    if (!(key instanceof Uint8Array)) keys.set(jwk.kid, key);
  }
  return keys;
}
