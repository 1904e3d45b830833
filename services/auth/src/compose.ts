import { fileURLToPath } from "node:url";
import { createTokenVerifier } from "@flashdeal/runtime/auth";
import { requestResultTtlMs } from "@flashdeal/runtime/idempotency";
import type { Adapters, Background, Composed } from "@flashdeal/runtime/lifecycle";
import { v7 as newId } from "uuid";
import type { AuthConfig } from "./config.ts";
import { createAccessTokenIssuer } from "./crypto/access-token-issuer.ts";
import { createHashQueue } from "./crypto/hash-queue.ts";
import { createKeyRing, type KeyRing } from "./crypto/key-ring.ts";
import { createPasswordHasher } from "./crypto/password-hasher.ts";
import { createFingerprint, createKeyCipher, createRefreshTokens } from "./crypto/secrets.ts";
import { ensureFirstAdmin, type FirstAdminDependencies } from "./domain/first-admin.ts";
import { createRoutes } from "./handler/routes.ts";
import { createPeriodic } from "./background/periodic.ts";
import { createLoginThrottle } from "./store/login-throttle.ts";
import { deleteEnded } from "./store/retention.ts";
import { createSessionStore } from "./store/session-store.ts";
import { createSigningKeyStore } from "./store/signing-key-store.ts";
import { createUserStore } from "./store/user-store.ts";

/** The schema of this service and the migrations that make it. */
export const authMigrations = {
  schema: "auth",
  folder: fileURLToPath(new URL("../../../sql/auth/migrations", import.meta.url)),
};

/** How far clocks of different machines may differ, where a key's last token decides when the key ends. */
const clockLeewayMs = 60_000;

/** What the auth service needs of its host. */
export type AuthAdapters = Pick<Adapters, "database" | "cache" | "log" | "clock">;

/** The composed auth service. `keyRing` is for whoever rotates keys by hand. */
export interface ComposedAuth extends Composed {
  readonly jwks: NonNullable<Composed["jwks"]>;
  readonly keyRing: KeyRing;
}

/** Wires the auth service. Its schema must be migrated before a background task starts or a call comes. */
export function composeAuth(config: AuthConfig, adapters: AuthAdapters): ComposedAuth {
  const { database, cache, clock, log } = adapters;
  const keyRing = createKeyRing({
    store: createSigningKeyStore(database),
    cipher: createKeyCipher(config.keyEncryptionSecret),
    clock,
    policy: {
      rotateAfterMs: config.keyRotateAfterMs,
      publishAheadMs: config.keyPublishAheadMs,
      verifyAfterMs: config.accessTokenLifeMs + clockLeewayMs,
    },
    onReloadError: (error) => log.error({ err: error }, "signing keys cannot be read; those in memory serve on"),
  });
  const users = createUserStore(database);
  const passwords = createPasswordHasher({
    memoryKib: config.argon2MemoryKib,
    iterations: config.argon2Iterations,
    parallelism: config.argon2Parallelism,
  });
  const claims = { issuer: config.jwtIssuer, audience: config.jwtAudience };
  const throttleLimits = {
    windowMs: config.loginFailureWindowMs,
    maxFailuresPerAccount: config.maxLoginFailuresPerAccount,
    maxFailuresPerAddress: config.maxLoginFailuresPerAddress,
  };
  const publishedKeys = keyRing.published;
  const jwks = async () => ({ keys: [...(await publishedKeys())] });
  const routes = createRoutes({
    users,
    passwords,
    hashQueue: createHashQueue({ maxConcurrent: config.maxConcurrentHashes, maxQueued: config.maxQueuedHashes }),
    throttle: createLoginThrottle(cache, clock, throttleLimits, (error) => log.warn({ err: error }, "failed log-ins are not counted: the cache does not answer")),
    sessions: createSessionStore(database),
    accessTokens: createAccessTokenIssuer(keyRing, clock, { ...claims, lifeMs: config.accessTokenLifeMs }),
    refreshTokens: createRefreshTokens(),
    fingerprint: createFingerprint(config.keyEncryptionSecret),
    clock,
    newId,
    limits: { refreshTokenLifeMs: config.refreshTokenLifeMs, maxSessionsPerUser: config.maxSessionsPerUser, idempotencyLifeMs: requestResultTtlMs },
    // No cache: VerifyToken is for those who want to know what a token is worth now.
    tokenVerifier: createTokenVerifier({ ...claims, jwks, jwksRefetchIntervalMs: 1_000, cacheMax: 0, clock }),
    publishedKeys,
  });
  const background = [
    createPeriodic({
      name: "key-rotation",
      intervalMs: config.keyCheckIntervalMs,
      run: async () => {
        if (await keyRing.rotateIfDue()) log.info("made the next signing key");
      },
      onError: (error) => log.error({ err: error }, "key rotation failed; trying again later"),
    }),
    createFirstAdmin(config, { users, passwords, clock, newId }, log),
    createPeriodic({
      name: "auth-retention",
      intervalMs: config.retentionIntervalMs,
      run: () => deleteEnded(database, clock.now()),
      onError: (error) => log.error({ err: error }, "retention failed; trying again later"),
    }),
  ];
  return { routes, background, jwks, keyRing };
}

function createFirstAdmin(config: AuthConfig, deps: FirstAdminDependencies, log: Adapters["log"]): Background {
  return {
    name: "first-admin",
    start: async () => {
      const { adminEmail: email, adminPassword: password } = config;
      if (email === undefined || password === undefined) return;
      const outcome = await ensureFirstAdmin(deps, { email, password });
      if (outcome !== "unchanged") log.info({ outcome }, "first admin");
    },
    drain: async () => {},
  };
}
