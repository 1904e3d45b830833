import { availableParallelism } from "node:os";
import { ConfigError, duration, integer, loadConfig, optional, secret, text, type Config } from "@flashdeal/runtime/config";
import { userTokenAudience, userTokenIssuer } from "@flashdeal/runtime/auth";
import { serviceSettings, type ServiceConfig } from "@flashdeal/runtime/lifecycle";

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The settings of the auth service, whatever process hosts it. Times are in milliseconds. */
export const authShape = {
  /** `iss` and `aud` of access tokens; every verifier must be told the same. */
  jwtIssuer: text("JWT_ISSUER", { default: userTokenIssuer }),
  jwtAudience: text("JWT_AUDIENCE", { default: userTokenAudience }),
  accessTokenLifeMs: duration("ACCESS_TOKEN_LIFE", { default: 15 * minuteMs, minMs: 10_000, maxMs: dayMs }),
  /** Renewed at each rotation. */
  refreshTokenLifeMs: duration("REFRESH_TOKEN_LIFE", { default: 14 * dayMs, minMs: minuteMs, maxMs: 366 * dayMs }),
  /** Beyond that the user's oldest session ends. */
  maxSessionsPerUser: integer("MAX_SESSIONS_PER_USER", { default: 100, min: 1, max: 10_000 }),

  /** Private signing keys are encrypted under it. The same for every auth process, and as long as the keys live. */
  keyEncryptionSecret: secret("KEY_ENCRYPTION_SECRET"),
  /** How long a key signs, how long it is published before it does, and how often this process looks. */
  keyRotateAfterMs: duration("KEY_ROTATE_AFTER", { default: 30 * dayMs, minMs: 2 * minuteMs, maxMs: 366 * dayMs }),
  keyPublishAheadMs: duration("KEY_PUBLISH_AHEAD", { default: 10 * minuteMs, maxMs: dayMs }),
  keyCheckIntervalMs: duration("KEY_CHECK_INTERVAL", { default: minuteMs, minMs: 1_000, maxMs: dayMs }),

  /** argon2id: one of the settings that OWASP recommends. A hash made with others is renewed at the next log-in. */
  argon2MemoryKib: integer("ARGON2_MEMORY_KIB", { default: 12_288, min: 8, max: 1_048_576 }),
  argon2Iterations: integer("ARGON2_ITERATIONS", { default: 3, min: 1, max: 100 }),
  argon2Parallelism: integer("ARGON2_PARALLELISM", { default: 1, min: 1, max: 16 }),
  /** Hashes at once. libuv has 4 threads by default: at least one must stay free for everything else. */
  maxConcurrentHashes: integer("MAX_CONCURRENT_HASHES", { default: Math.min(3, availableParallelism()), min: 1, max: 128 }),
  /** Sign-ups and log-ins that wait for a hash; further ones are turned away with OVERLOADED. */
  maxQueuedHashes: integer("MAX_QUEUED_HASHES", { default: 2_000, min: 0, max: 1_000_000 }),

  /** Failed log-ins are counted by windows of this length. */
  loginFailureWindowMs: duration("LOGIN_FAILURE_WINDOW", { default: 15 * minuteMs, minMs: 1_000, maxMs: dayMs }),
  maxLoginFailuresPerAccount: integer("MAX_LOGIN_FAILURES_PER_ACCOUNT", { default: 10, min: 1, max: 1_000_000 }),
  maxLoginFailuresPerAddress: integer("MAX_LOGIN_FAILURES_PER_ADDRESS", { default: 100, min: 1, max: 1_000_000 }),

  /** The first admin. Both or neither; there is no default password. */
  adminEmail: optional(text("ADMIN_EMAIL", { example: "admin@example.com" })),
  adminPassword: optional(secret("ADMIN_PASSWORD", { minLength: 8 })),

  /** How often what has ended (sessions, idempotency records) is deleted. */
  retentionIntervalMs: duration("AUTH_RETENTION_INTERVAL", { default: 10 * minuteMs, minMs: 1_000, maxMs: dayMs }),
};

/** The configuration of the auth service. */
export type AuthConfig = Config<typeof authShape>;

/** The settings of auth as a process of its own: its own ones and those that every process has. */
export type AuthProcessConfig = AuthConfig & ServiceConfig;

/** Reads and checks the settings of auth as a process of its own. Throws a ConfigError that lists every problem. */
export function loadAuthProcessConfig(env: NodeJS.ProcessEnv): AuthProcessConfig {
  return checked(loadConfig({ ...serviceSettings({ grpcPort: 50_061, httpPort: 9_061 }), ...authShape }, env));
}

/** Reads and checks the settings of the auth service alone, for a process that hosts it. Throws a ConfigError that lists every problem. */
export function loadAuthConfig(env: NodeJS.ProcessEnv): AuthConfig {
  return checked(loadConfig(authShape, env));
}

function checked<T extends AuthConfig>(config: T): T {
  const problems = conflicts(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function conflicts(config: AuthConfig): readonly string[] {
  const problems: string[] = [];
  const { adminEmail, adminPassword } = config;
  if (adminEmail !== undefined && adminPassword === undefined) problems.push("ADMIN_PASSWORD: is not set, but ADMIN_EMAIL is. Set both or neither.");
  if (adminPassword !== undefined && adminEmail === undefined) problems.push("ADMIN_EMAIL: is not set, but ADMIN_PASSWORD is. Set both or neither.");
  // LogIn takes no longer ones: the account could never be used.
  if (adminPassword !== undefined && [...adminPassword].length > 128) problems.push("ADMIN_PASSWORD: must have at most 128 characters.");
  if (adminEmail !== undefined && !/^[^\s@]{1,64}@[^\s@]{1,189}$/.test(adminEmail)) {
    problems.push(`ADMIN_EMAIL: must be an e-mail address (it is ${JSON.stringify(adminEmail)}). Example: ADMIN_EMAIL=admin@example.com`);
  }
  if (config.keyPublishAheadMs >= config.keyRotateAfterMs) problems.push("KEY_PUBLISH_AHEAD: must be less than KEY_ROTATE_AFTER.");
  return problems;
}
