import { fileURLToPath } from "node:url";
import { createInternalTokenSource } from "@flashdeal/runtime/auth";
import { startPostgres, startPrivateServer, startRedisNodes, freePort, type RunningServer, type Skipped } from "@flashdeal/infra/servers";
import { startBaselines, type RunningBaseline } from "../baselines/start-baselines.ts";
import { nodeArgumentsOf, nodeEnvironment } from "@flashdeal/infra/services";
import { createPgDatabase } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";

/** One way to run the order service and what is behind it. */
export interface Variant {
  readonly name: string;
  readonly strategy: string;
  /** Most orders of one batch of the order service; 1: each order by itself. */
  readonly batchMaxSize: number;
  readonly batchMaxInFlight: number;
  /** Further settings of both services. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A variant that runs: order and product are processes of their own, on a database of their own. */
export interface RunningVariant {
  readonly variant: Variant;
  readonly orderPort: number;
  readonly productAddress: string;
  readonly databaseUrl: string;
  readonly pids: { readonly order: number; readonly product: number };
}

/** All that runs. */
export interface Platform {
  readonly variants: readonly RunningVariant[];
  readonly baselines: readonly RunningBaseline[];
  readonly noOp: { readonly port: number; readonly pid: number | undefined };
  readonly postgresPid: number | undefined;
  readonly postgresUrl: string;
  /** An internal token, as the gateway shows it. */
  readonly token: () => Promise<string>;
  readonly secret: string;
  stop(): Promise<void>;
}

export interface PlatformOptions {
  readonly variants: readonly Variant[];
  /** Connections of each service to the database. */
  readonly poolSize: number;
  /** Where CPU profiles of the services are written; undefined: none. */
  readonly profileFolder: string | undefined;
  /** Whether shops written by hand are started too. */
  readonly baselines: boolean;
  /** Items of a baseline. */
  readonly items: number;
}

const root = new URL("../../", import.meta.url);
const secret = "only-for-benchmarks-".repeat(3);

/** Starts a durable Postgres and every variant on it, or says why it cannot. */
export async function startPlatform(options: PlatformOptions): Promise<Platform | Skipped> {
  const running: RunningServer[] = [];
  const stop = async () => {
    for (const server of running.toReversed()) await server.stop();
  };
  const postgres = await startPostgres({ settings: { max_wal_size: "8GB", min_wal_size: "2GB", max_connections: "600" } });
  if ("skipped" in postgres) return postgres;
  running.push(postgres);
  try {
    await fillWriteAheadLog(postgres.url);
    const start: Start = async (name, service, environment) => {
      const server = await startService(name, service, environment, options.profileFolder);
      running.push(server);
      return server;
    };
    const variants: RunningVariant[] = [];
    const redisUrls = await startRedis(options.variants, running);
    for (const variant of options.variants) variants.push(await startVariant(variant, { poolSize: options.poolSize, postgresUrl: postgres.url, redisUrls }, start));
    const createOne = (name: string) => createDatabase(postgres.url, name);
    const baselines = options.baselines ? await startBaselines({ items: options.items, poolSize: options.poolSize, createDatabase: createOne }, running) : [];
    const noOpPort = await freePort();
    const noOp = await start("no-op", "no-op", { DATABASE_URL: postgres.url, GRPC_PORT: String(noOpPort) });
    const tokens = createInternalTokenSource({ secret, service: "gateway", lifetimeMs: 3_600_000 });
    return { variants, baselines, noOp: { port: noOpPort, pid: noOp.pid }, postgresPid: postgres.pid, postgresUrl: postgres.url, secret, token: async () => tokens.token(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts a service, or what stands in for the order service without doing its work. */
type Start = (name: string, service: "order" | "product" | "no-op", environment: Readonly<Record<string, string>>) => Promise<RunningServer>;

/** Redis servers a strategy needs; others need none. */
const redisServers: Readonly<Record<string, number>> = { "redis-lock": 1, "redis-lua": 1, redlock: 5 };

/** As many as the variant with the most needs; the others use the first ones. Throws where there is no Redis. */
async function startRedis(variants: readonly Variant[], running: RunningServer[]): Promise<readonly string[]> {
  const count = Math.max(0, ...variants.map(({ strategy }) => redisServers[strategy] ?? 0));
  const nodes = count === 0 ? [] : await startRedisNodes(count);
  if ("skipped" in nodes) throw new Error(`${nodes.skipped}; leave out ${Object.keys(redisServers).join(", ")} with --strategies`);
  running.push(...nodes);
  return nodes.map(({ url }) => url);
}

interface Stores {
  readonly poolSize: number;
  readonly postgresUrl: string;
  readonly redisUrls: readonly string[];
}

async function startVariant(variant: Variant, { poolSize, postgresUrl, redisUrls }: Stores, start: Start): Promise<RunningVariant> {
  const databaseUrl = await createDatabase(postgresUrl, `bench_${variant.name.replaceAll("-", "_")}`);
  const [productPort, orderPort] = [await freePort(), await freePort()];
  const productAddress = `127.0.0.1:${productPort}`;
  const shared = { DATABASE_URL: databaseUrl, DATABASE_POOL_SIZE: String(poolSize), PRODUCT_ADDRESS: productAddress, ORDER_ADDRESS: `127.0.0.1:${orderPort}`, ...variant.environment };
  const product = await start(`product-${variant.name}`, "product", {
    ...shared,
    GRPC_PORT: String(productPort),
    PRODUCT_RESERVATION_STRATEGY: variant.strategy,
    PRODUCT_STRATEGY_REDIS_URLS: redisUrls.slice(0, redisServers[variant.strategy] ?? 0).join(","),
  });
  const order = await start(`order-${variant.name}`, "order", {
    ...shared,
    GRPC_PORT: String(orderPort),
    ORDER_BATCH_MAX_SIZE: String(variant.batchMaxSize),
    ORDER_BATCH_MAX_IN_FLIGHT: String(variant.batchMaxInFlight),
  });
  return { variant, orderPort, productAddress, databaseUrl, pids: { order: order.pid ?? 0, product: product.pid ?? 0 } };
}

async function startService(
  name: string,
  service: Parameters<Start>[1],
  environment: Readonly<Record<string, string>>,
  profileFolder: string | undefined,
): Promise<RunningServer> {
  const main = service === "no-op" ? "bench/orders/no-op/main.ts" : `services/${service}/src/main.ts`;
  const profile = profileFolder === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", profileFolder, "--cpu-prof-name", `${name}.cpuprofile`];
  return startPrivateServer(
    {
      name,
      command: process.execPath,
      stopSignal: "SIGTERM",
      arguments: () => [...nodeArgumentsOf(service === "no-op" ? "order" : service), ...profile, fileURLToPath(new URL(main, root))],
      environment: (httpPort) => ({
        ...nodeEnvironment,
        INTERNAL_TOKEN_SECRET: secret,
        GRPC_HOST: "127.0.0.1",
        HTTP_HOST: "127.0.0.1",
        HTTP_PORT: String(httpPort),
        LOG_LEVEL: "warn",
        DRAIN_TIMEOUT: "3s",
        ...environment,
      }),
      url: (httpPort) => `http://127.0.0.1:${httpPort}`,
      isReady,
    },
    {},
  );
}

async function isReady(httpPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${httpPort}/readyz`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}

/** Segments of 16 MB. They last for a minute of the fastest load. */
const segments = 100;

/**
 * Brings Postgres to where a server is that has run for a while: it writes its log into files that it has used before. A new one makes
 * a file for every 16 MB, and each time all commits wait 50 ms and more for zeros to be written.
 */
async function fillWriteAheadLog(postgresUrl: string): Promise<void> {
  const admin = createPgDatabase({ url: postgresUrl, log: createLogger({ name: "bench", level: "silent" }) });
  for (let count = 0; count < segments; count++) {
    await admin.query({ name: "", text: "SELECT pg_logical_emit_message(true, 'bench', 'next'), pg_switch_wal()" }, []);
  }
  await admin.close();
  await recycleWriteAheadLog(postgresUrl);
}

/** Makes what was written free to be written again; for between two measurements. */
export async function recycleWriteAheadLog(postgresUrl: string): Promise<void> {
  const admin = createPgDatabase({ url: postgresUrl, log: createLogger({ name: "bench", level: "silent" }), statementTimeoutMs: 120_000 });
  await admin.query({ name: "", text: "CHECKPOINT" }, []);
  await admin.close();
}

async function createDatabase(postgresUrl: string, name: string): Promise<string> {
  const admin = createPgDatabase({ url: postgresUrl, log: createLogger({ name: "bench", level: "silent" }) });
  await admin.script(`CREATE DATABASE ${name}`);
  await admin.close();
  const own = new URL(postgresUrl);
  own.pathname = `/${name}`;
  return own.href;
}
