import { createHash } from "node:crypto";
import type { Cache } from "@flashdeal/runtime/cache";
import type { Clock, LoginSubject, LoginThrottle } from "../domain/ports.ts";
import { addressNetwork } from "../domain/client-address.ts";

/** How many failures are too many. */
export interface LoginThrottleLimits {
  /** Failures are counted, and forgotten, by windows of this length. */
  readonly windowMs: number;
  readonly maxFailuresPerAccount: number;
  readonly maxFailuresPerAddress: number;
}

/**
 * Counts failed log-ins in the cache, so that every process that shares it counts together. Windows are cut at multiples of their length,
 * which tells exactly when one ends. Where the cache does not answer, log-ins go on uncounted: `onCacheError` hears of it.
 */
export function createLoginThrottle(
  cache: Cache,
  clock: Clock,
  limits: LoginThrottleLimits,
  onCacheError: (error: unknown) => void,
): LoginThrottle {
  const counters = (subject: LoginSubject, window: number) => {
    const account = { key: `auth:login-failures:account:${digest(subject.email)}:${window}`, max: limits.maxFailuresPerAccount };
    if (subject.address === undefined) return [account];
    const network = digest(addressNetwork(subject.address));
    return [account, { key: `auth:login-failures:address:${network}:${window}`, max: limits.maxFailuresPerAddress }];
  };
  const add = async (subject: LoginSubject, by: number): Promise<{ blocked: boolean; endsInMs: number }> => {
    const now = clock.now().getTime();
    const window = Math.floor(now / limits.windowMs);
    const endsInMs = (window + 1) * limits.windowMs - now;
    try {
      const counts = await Promise.all(
        counters(subject, window).map(async ({ key, max }) => (await cache.increment(key, by, limits.windowMs)) >= max),
      );
      return { blocked: counts.includes(true), endsInMs };
    } catch (error) {
      onCacheError(error);
      return { blocked: false, endsInMs };
    }
  };
  return {
    blockedForMs: async (subject) => {
      const { blocked, endsInMs } = await add(subject, 0);
      return blocked ? endsInMs : 0;
    },
    recordFailure: async (subject) => {
      await add(subject, 1);
    },
  };
}

/** Addresses are personal, and the cache is no place for them; a hash also bounds the key's length. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
