import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { loadAuditorConfig } from "@flashdeal/auditor/config";
import { loadAuthConfig } from "@flashdeal/auth/config";
import { gatewayShape } from "@flashdeal/gateway/config";
import { loadOrderConfig } from "@flashdeal/order/config";
import { loadOutboxRelayConfig } from "@flashdeal/outbox-relay/config";
import { loadProductConfig } from "@flashdeal/product/config";
import { ConfigError, loadConfig } from "@flashdeal/runtime/config";
import { serviceSettings } from "@flashdeal/runtime/lifecycle";
import { loadStockQueryConfig } from "@flashdeal/stock-query/config";

/** The admin of the embedded demo. Every other profile needs ADMIN_EMAIL and ADMIN_PASSWORD to be set. */
export const demoAdmin = { email: "admin@flashdeal.example", password: "flash-deal-demo" } as const;

const dataFolderDefault = ".data";

/** Everything that the process goes by: the settings of each service, with defaults that need nothing to be installed. */
export type AllInOneConfig = ReturnType<typeof loadAllInOneConfig>;

/**
 * Reads the settings of every service and of the gateway at once. Without DATABASE_URL the data is kept in DATA_FOLDER
 * (default: `.data` below the current folder), which also holds secrets that were made up at the first start. Throws one
 * ConfigError with every problem.
 */
export function loadAllInOneConfig(env: NodeJS.ProcessEnv = process.env) {
  const dataFolder = resolve(env["DATA_FOLDER"] || dataFolderDefault);
  const full = { ...embeddedDefaults(env, dataFolder), ...withoutEmpty(env) };
  const problems: string[] = [];
  const read = <T>(load: (env: NodeJS.ProcessEnv) => T): T => {
    try {
      return load(full);
    } catch (error) {
      if (error instanceof ConfigError) {
        problems.push(...error.problems);
        return undefined as T;
      }
      throw error;
    }
  };
  const config = {
    dataFolder,
    process: read((all) => loadConfig(serviceSettings({ grpcPort: 50_051, httpPort: 9_090 }), all)),
    auth: read(loadAuthConfig),
    product: read(loadProductConfig),
    order: read(loadOrderConfig),
    stockQuery: read(loadStockQueryConfig),
    outboxRelay: read(loadOutboxRelayConfig),
    auditor: read(loadAuditorConfig),
    gateway: read((all) => loadConfig(gatewayShape, all)),
  };
  if (problems.length > 0) {
    throw new ConfigError([...new Set(problems)]);
  }
  return config;
}

function embeddedDefaults(env: NodeJS.ProcessEnv, dataFolder: string): NodeJS.ProcessEnv {
  const secrets = env["KEY_ENCRYPTION_SECRET"] || env["KEY_ENCRYPTION_SECRET_FILE"] ? {} : keptSecrets(dataFolder);
  const admin = env["ADMIN_EMAIL"] || env["ADMIN_PASSWORD"] || env["ADMIN_PASSWORD_FILE"] ? {} : { ADMIN_EMAIL: demoAdmin.email, ADMIN_PASSWORD: demoAdmin.password };
  return {
    DATABASE_URL: `pglite:${join(dataFolder, "database")}`,
    GRPC_HOST: "127.0.0.1",
    HTTP_HOST: "127.0.0.1",
    LOG_LEVEL: "warn",
    // Only this process and those that it lets in need to know it.
    ...(env["INTERNAL_TOKEN_SECRET_FILE"] ? {} : { INTERNAL_TOKEN_SECRET: randomBytes(32).toString("hex") }),
    ...admin,
    ...secrets,
  };
}

/** Signing keys are encrypted under a secret that has to outlive the process; the demo keeps it beside its data. */
function keptSecrets(dataFolder: string): NodeJS.ProcessEnv {
  const file = join(dataFolder, "key-encryption-secret");
  try {
    return { KEY_ENCRYPTION_SECRET: readFileSync(file, "utf8").trim() };
  } catch {
    // The first start.
  }
  try {
    mkdirSync(dataFolder, { recursive: true });
    const secret = randomBytes(32).toString("hex");
    writeFileSync(file, `${secret}\n`, { mode: 0o600 });
    return { KEY_ENCRYPTION_SECRET: secret };
  } catch (error) {
    throw new ConfigError([`DATA_FOLDER: cannot be written: ${error instanceof Error ? error.message : String(error)}. Example: DATA_FOLDER=/var/lib/flashdeal`]);
  }
}

function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
}
