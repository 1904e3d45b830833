import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePort, startPrivateServer, startRedis, type RunningServer } from "@flashdeal/infra/servers";
import { createPgDatabase } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";

/** A shop that a team would have written by hand, as a process of its own on a database of its own. */
export interface RunningBaseline {
  readonly name: string;
  readonly port: number;
  readonly pid: number | undefined;
  readonly databaseUrl: string;
  readonly itemIds: readonly string[];
}

const mains = { "Fastify + FOR UPDATE": "for-update-main.ts", "Fastify + Redis Lua": "redis-lua-main.ts" } as const;

/** Never sold out: every call is to become an order. */
const units = 1_000_000_000;

/** Starts both; that with Redis only where there is one. `createDatabase` makes an empty database and answers its URL. `running` gets what is to be stopped. */
export async function startBaselines(
  options: { readonly items: number; readonly poolSize: number; readonly createDatabase: (name: string) => Promise<string> },
  running: RunningServer[],
): Promise<readonly RunningBaseline[]> {
  const redis = await startRedis();
  if (!("skipped" in redis)) running.push(redis);
  const baselines: RunningBaseline[] = [];
  for (const [name, main] of Object.entries(mains)) {
    if (name.includes("Redis") && "skipped" in redis) {
      console.error(`skipped ${name}: ${redis.skipped}`);
      continue;
    }
    const databaseUrl = await options.createDatabase(`baseline_${main.replace(/-main\.ts$/, "").replaceAll("-", "_")}`);
    const itemIds = Array.from({ length: options.items }, (_, index) => `item-${String(index).padStart(5, "0")}`);
    await fill(databaseUrl, itemIds);
    const port = await freePort();
    const server = await startPrivateServer(
      {
        name,
        command: process.execPath,
        stopSignal: "SIGTERM",
        arguments: () => [fileURLToPath(new URL(main, import.meta.url))],
        environment: () => ({ PORT: String(port), DATABASE_URL: databaseUrl, DATABASE_POOL_SIZE: String(options.poolSize), REDIS_URL: "skipped" in redis ? "" : redis.url }),
        url: () => `http://127.0.0.1:${port}`,
        isReady: () => fetch(`http://127.0.0.1:${port}/readyz`).then((answer) => answer.ok, () => false),
      },
      {},
    );
    running.push(server);
    baselines.push({ name, port, pid: server.pid, databaseUrl, itemIds });
  }
  return baselines;
}

async function fill(databaseUrl: string, itemIds: readonly string[]): Promise<void> {
  const database = createPgDatabase({ url: databaseUrl, log: createLogger({ name: "bench", level: "silent" }) });
  await database.script(readFileSync(new URL("schema.sql", import.meta.url), "utf8"));
  await database.query({ name: "", text: "INSERT INTO stocks SELECT item_id, $2 FROM unnest($1::text[]) AS t (item_id)" }, [itemIds, units]);
  await database.close();
}
