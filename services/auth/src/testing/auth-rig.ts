import { createClient, type Client } from "@connectrpc/connect";
import { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { createAuthInterceptor, createInternalCallInterceptor, createInternalTokenSource, createTokenVerifier } from "@flashdeal/runtime/auth";
import { createMemoryCache, type Cache } from "@flashdeal/runtime/cache";
import { migrate, type Database } from "@flashdeal/runtime/database";
import { createGrpcServer, createGrpcTransport, createValidationInterceptor } from "@flashdeal/runtime/rpc";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { authMigrations, composeAuth, type ComposedAuth } from "../compose.ts";
import { loadAuthConfig, type AuthConfig } from "../config.ts";

/** A clock that tests move. */
export interface TestClock {
  now(): Date;
  advance(ms: number): void;
}

/** The whole service behind a real gRPC server, with the interceptors that every service has. */
export interface AuthRig {
  readonly auth: ComposedAuth;
  readonly database: Database;
  readonly cache: Cache;
  readonly clock: TestClock;
  readonly config: AuthConfig;
  /** Calls without a token. */
  readonly client: Client<typeof AuthService>;
  /** Calls as another service does. */
  readonly internal: Client<typeof AuthService>;
  close(): Promise<void>;
}

/** What a rig is made of, where the defaults will not do. */
export interface AuthRigOptions {
  /** Not closed by the rig. */
  readonly database: Database;
  readonly cache?: Cache;
  readonly clock?: TestClock;
  readonly config?: Partial<AuthConfig>;
}

const internalSecret = "internal-secret-of-the-auth-tests-0123456789";

/** A configuration with hashes that cost next to nothing. */
export function testAuthConfig(overrides: Partial<AuthConfig> = {}): AuthConfig {
  const env = { KEY_ENCRYPTION_SECRET: "key-encryption-secret-of-the-auth-tests", ARGON2_MEMORY_KIB: "64", ARGON2_ITERATIONS: "1" };
  return { ...loadAuthConfig(env), ...overrides };
}

/** A clock that begins now and stands still. */
export function createTestClock(): TestClock {
  let nowMs = Date.now();
  return { now: () => new Date(nowMs), advance: (ms) => void (nowMs += ms) };
}

/** Migrates the database, composes the service, starts its background tasks and a server for it. */
export async function startAuthRig(options: AuthRigOptions): Promise<AuthRig> {
  const { database, cache = createMemoryCache(), clock = createTestClock() } = options;
  const config = testAuthConfig(options.config);
  await migrate(database, authMigrations);
  const auth = composeAuth(config, { database, cache, clock, log: createLogger({ name: "auth", level: "silent" }) });
  for (const task of auth.background) await task.start();

  const verifier = createTokenVerifier({
    issuer: config.jwtIssuer,
    audience: config.jwtAudience,
    internalSecret,
    jwks: auth.jwks,
    jwksRefetchIntervalMs: 0,
    clock,
  });
  const interceptors = [createAuthInterceptor(verifier), createValidationInterceptor()];
  const server = createGrpcServer({ host: "127.0.0.1", port: 0, routes: auth.routes, interceptors });
  const { port } = await server.start();
  const address = `127.0.0.1:${port}`;
  const plain = createGrpcTransport({ address });
  const tokens = createInternalTokenSource({ secret: internalSecret, service: "gateway", clock });
  const internal = createGrpcTransport({ address, interceptors: [createInternalCallInterceptor(tokens)] });
  return {
    auth,
    database,
    cache,
    clock,
    config,
    client: createClient(AuthService, plain),
    internal: createClient(AuthService, internal),
    close: async () => {
      plain.close();
      internal.close();
      await server.close();
      await Promise.all(auth.background.map((task) => task.drain()));
    },
  };
}
