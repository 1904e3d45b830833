import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, startNats, startPostgres, startPrivateServer, startRedis, type RunningServer, type Skipped } from "../servers/index.ts";
import { createDatabaseRoles, databaseUrlOf } from "./database-roles.ts";
import { commandOf, serviceNames, type Implementation, type ServiceName } from "./services.ts";

export interface StackOptions {
  /** Keeps data, logs and secrets here, also after the stop. Default: a temporary folder that the stop removes. */
  readonly folder?: string;
  /** Language of each service. Default: ts. */
  readonly implementations?: Readonly<Partial<Record<ServiceName, Implementation>>>;
  /** Settings for every service. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: a free one. */
  readonly gatewayPort?: number;
  /** Real servers that run already; each is started here where it is not named. */
  readonly postgresUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  readonly natsUrl?: string | undefined;
  /** Changes the settings of a service before it starts: tests put themselves between it and what it calls. Default: nothing is changed. */
  readonly reroute?: (service: ServiceName, environment: Readonly<Record<string, string>>) => Promise<Readonly<Record<string, string>>>;
  /** Told what happens. Default: nobody. */
  readonly onNotice?: (message: string) => void;
}

/** The standard profile: every service its own process. */
export interface Stack {
  /** Base address of the gateway. */
  readonly restUrl: string;
  /** `host:port` of each service's gRPC listener. */
  readonly grpcAddresses: Readonly<Record<"auth" | "product" | "order" | "stock-query" | "auditor", string>>;
  readonly admin: { readonly email: string; readonly password: string };
  readonly postgres: { readonly url: string };
  readonly redis: { readonly url: string };
  readonly nats: { readonly url: string };
  /** The servers and the services, to kill and restart them. */
  readonly processes: ReadonlyMap<string, RunningServer>;
  readonly folder: string;
  /** Drains every service, then stops the servers that were started here. */
  stop(): Promise<void>;
}

interface Secrets {
  readonly databasePassword: string;
  readonly internalToken: string;
  readonly keyEncryption: string;
}

/** Starts the standard profile on this machine, or says what is missing for it. */
export async function startStack(options: StackOptions = {}): Promise<Stack | Skipped> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "flashdeal-stack-"));
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (options.folder === undefined) {
    // Postgres does not run as root: where we do, it must get through to its own folder.
    chmodSync(folder, 0o711);
  }
  const notice = options.onNotice ?? (() => {});
  const processes = new Map<string, RunningServer>();
  const stop = async () => {
    for (const [, running] of [...processes].toReversed()) {
      await running.stop();
    }
    if (options.folder === undefined) {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  };
  try {
    const stack = await start(options, folder, processes, notice);
    if ("skipped" in stack) {
      await stop();
      return stack;
    }
    return { ...stack, processes, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(options: StackOptions, folder: string, processes: Map<string, RunningServer>, notice: (message: string) => void) {
  const servers = [
    ["postgres", options.postgresUrl, startPostgres],
    ["redis", options.redisUrl, startRedis],
    ["nats", options.natsUrl, startNats],
  ] as const;
  const urls: Record<string, string> = {};
  for (const [name, url, startServer] of servers) {
    if (url !== undefined) {
      urls[name] = url;
      notice(`${name.padEnd(13)} ${withoutPassword(url)}`);
      continue;
    }
    const server = await startServer({ folder: join(folder, name), onNotice: notice });
    if ("skipped" in server) {
      return server;
    }
    processes.set(name, server);
    urls[name] = server.url;
    notice(`${name.padEnd(13)} ${withoutPassword(server.url)}   (${server.origin})`);
  }
  const { postgres = "", redis = "", nats = "" } = urls;
  const secrets = keptSecrets(folder);
  await createDatabaseRoles(postgres, secrets.databasePassword);

  const admin = { email: options.environment?.["ADMIN_EMAIL"] ?? "admin@flashdeal.example", password: options.environment?.["ADMIN_PASSWORD"] ?? "flash-deal-demo" };
  const grpcPorts = { auth: await freePort(), product: await freePort(), order: await freePort(), "stock-query": await freePort(), auditor: await freePort() };
  const gatewayPort = options.gatewayPort ?? (await freePort());
  const shared: Readonly<Record<string, string>> = {
    NATS_URL: nats,
    REDIS_URL: redis,
    READ_MODEL_URL: redis,
    INTERNAL_TOKEN_SECRET: secrets.internalToken,
    KEY_ENCRYPTION_SECRET: secrets.keyEncryption,
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: admin.password,
    GRPC_HOST: "127.0.0.1",
    HTTP_HOST: "127.0.0.1",
    GATEWAY_PORT: String(gatewayPort),
    AUTH_ADDRESS: `127.0.0.1:${grpcPorts.auth}`,
    PRODUCT_ADDRESS: `127.0.0.1:${grpcPorts.product}`,
    ORDER_ADDRESS: `127.0.0.1:${grpcPorts.order}`,
    STOCK_QUERY_ADDRESS: `127.0.0.1:${grpcPorts["stock-query"]}`,
    AUDITOR_ADDRESS: `127.0.0.1:${grpcPorts.auditor}`,
    DRAIN_TIMEOUT: "8s",
    ...options.environment,
  };
  for (const service of serviceNames) {
    const implementation = options.implementations?.[service] ?? "ts";
    const command = commandOf(service, implementation, join(folder, "bin"));
    if ("skipped" in command) {
      return command;
    }
    const own = {
      ...shared,
      ...(service in grpcPorts ? { GRPC_PORT: String(grpcPorts[service as keyof typeof grpcPorts]) } : {}),
      ...(service === "gateway" ? {} : { DATABASE_URL: databaseUrlOf(service, postgres, secrets.databasePassword) }),
    };
    const environment = { ...own, ...(await options.reroute?.(service, own)) };
    const running = await startPrivateServer(
      {
        name: service,
        command: command.command,
        stopSignal: "SIGTERM",
        arguments: () => command.arguments,
        environment: (httpPort) => ({ ...command.environment, ...environment, HTTP_PORT: String(httpPort) }),
        url: (httpPort) => `http://127.0.0.1:${httpPort}`,
        isReady,
      },
      { folder: join(folder, service) },
    );
    processes.set(service, running);
    notice(`${service.padEnd(13)} ${service === "gateway" ? `http://127.0.0.1:${gatewayPort}` : running.url}   (${implementation})`);
  }
  const grpcAddresses = {
    auth: shared["AUTH_ADDRESS"] ?? "",
    product: shared["PRODUCT_ADDRESS"] ?? "",
    order: shared["ORDER_ADDRESS"] ?? "",
    "stock-query": shared["STOCK_QUERY_ADDRESS"] ?? "",
    auditor: shared["AUDITOR_ADDRESS"] ?? "",
  };
  return { restUrl: `http://127.0.0.1:${gatewayPort}`, grpcAddresses, admin, postgres: { url: postgres }, redis: { url: redis }, nats: { url: nats } };
}

async function isReady(httpPort: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${httpPort}/readyz`, { signal: AbortSignal.timeout(1_000) });
    return response.ok;
  } catch {
    return false;
  }
}

/** Made up once per folder: the database and the signing keys outlive a run. */
function keptSecrets(folder: string): Secrets {
  const file = join(folder, "secrets.json");
  if (existsSync(file)) {
    return JSON.parse(readFileSync(file, "utf8")) as Secrets;
  }
  const [databasePassword = "", internalToken = "", keyEncryption = ""] = Array.from({ length: 3 }, () => randomBytes(32).toString("hex"));
  const secrets = { databasePassword, internalToken, keyEncryption };
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = shown.password === "" ? "" : "…";
  return decodeURI(shown.href);
}
