import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { ProvidedServer, ServerName } from "@flashdeal/runtime/testing";
import type { TestProject } from "vitest/node";
import { type RunningServer, type Skipped, provideNats, providePostgres, provideRedis } from "../servers/index.ts";

const providers: Readonly<Record<ServerName, () => Promise<RunningServer | Skipped>>> = {
  postgres: providePostgres,
  redis: provideRedis,
  nats: provideNats,
};

/**
 * Offers real servers to the tests of one run. Nothing is started until a test file asks for it (a run of pure tests starts
 * nothing); all files share what was started, and the end of the run stops it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Map<string, Promise<RunningServer | Skipped>>();
  // Other users of this machine must not learn the servers' passwords from us.
  const secret = randomBytes(16).toString("hex");
  const broker = createServer((request, response) => {
    const name = Object.keys(providers).find((candidate) => request.url === `/${secret}/${candidate}`) as ServerName | undefined;
    if (name === undefined) {
      response.writeHead(404).end();
      return;
    }
    const server = started.get(name) ?? providers[name]();
    started.set(name, server);
    server.then(
      (outcome) => {
        const answer: ProvidedServer = "url" in outcome ? { url: outcome.url } : { skipped: outcome.skipped };
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
      },
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  broker.listen(0, "127.0.0.1");
  await once(broker, "listening");
  const address = broker.address();
  project.provide("serverBroker", typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}/${secret}` : undefined);
  return async () => {
    broker.closeAllConnections();
    broker.close();
    const servers = await Promise.allSettled(started.values());
    await Promise.all(servers.map((server) => (server.status === "fulfilled" && "stop" in server.value ? server.value.stop() : undefined)));
  };
}
