import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type ServerResponse, createServer } from "node:http";
import type { ProvidedServer } from "@flashdeal/runtime/testing";
import type { TestProject } from "vitest/node";
import { createPgliteTemplate } from "../../services/runtime/src/testing/pglite-template.ts";
import type { RunningServer, Skipped } from "../servers/index.ts";
import { provideServer, serverNames } from "./servers-for-run.ts";

/**
 * Offers real servers, and an empty PGlite cluster, to the tests of one run. Nothing is started until a test file asks for it (a run of pure tests starts
 * nothing); all files share what was started, and the end of the run stops it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = new Map<string, Promise<RunningServer | Skipped>>();
  let template: Promise<Blob> | undefined;
  // Other users of this machine must not learn the servers' passwords from us.
  const secret = randomBytes(16).toString("hex");
  const broker = createServer((request, response) => {
    if (request.url === `/${secret}/pglite-template`) {
      template ??= createPgliteTemplate();
      void answerTemplate(template, response);
      return;
    }
    const name = serverNames.find((candidate) => request.url === `/${secret}/${candidate}`);
    if (name === undefined) {
      response.writeHead(404).end();
      return;
    }
    const server = started.get(name) ?? provideServer(name);
    started.set(name, server);
    void answer(server, response);
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

async function answer(server: Promise<RunningServer | Skipped>, response: ServerResponse): Promise<void> {
  try {
    const outcome = await server;
    const provided: ProvidedServer = "url" in outcome ? { url: outcome.url } : { skipped: outcome.skipped };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(provided));
  } catch (error) {
    response.writeHead(500).end(error instanceof Error ? error.message : String(error));
  }
}

async function answerTemplate(template: Promise<Blob>, response: ServerResponse): Promise<void> {
  try {
    response.writeHead(200).end(new Uint8Array(await (await template).arrayBuffer()));
  } catch (error) {
    // Without it each database initializes a cluster of its own.
    response.writeHead(500).end(error instanceof Error ? error.message : String(error));
  }
}
