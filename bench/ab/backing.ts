import { startNats, startPostgres, startRedis, type Skipped } from "@flashdeal/infra/servers";
import { createJetStreamBus } from "@flashdeal/runtime/events";
import type { ReleaseStack } from "@flashdeal/runtime/lifecycle";
import { createLogger } from "@flashdeal/runtime/telemetry";
import type { Backing } from "./services.ts";

/** Starts private servers for the two implementations, or says what is missing; `stack` stops them. */
export async function startBacking(stack: ReleaseStack): Promise<Backing | Skipped> {
  const urls: string[] = [];
  for (const start of [startPostgres, startRedis, startNats]) {
    const server = await start();
    if ("skipped" in server) return server;
    stack.push("server", () => server.stop());
    urls.push(server.url);
  }
  const [postgresUrl = "", redisUrl = "", natsUrl = ""] = urls;
  const eventBus = await createJetStreamBus({ url: natsUrl, name: "ab", log: createLogger({ name: "ab", level: "warn" }) });
  stack.push("event bus", () => eventBus.close());
  return { postgresUrl, redisUrl, natsUrl, eventBus };
}
