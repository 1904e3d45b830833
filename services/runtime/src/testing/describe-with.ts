/* oxlint-disable vitest/valid-title, vitest/no-conditional-tests, vitest/no-disabled-tests -- this file makes suites for others, and skips them on purpose */
import { randomBytes } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, describe as suite } from "vitest";
import type { Database } from "../database/database.ts";
import { createPgDatabase } from "../database/pg.ts";
import { type ServerName, askForServer } from "./servers.ts";

/** A private Postgres database, made for one suite and dropped after it. */
export interface TestPostgres {
  /** `postgres://…` of the private database; its user is a superuser. */
  readonly url: string;
  /** Opens the database; closed when the suite ends. `maxConnections` is 10 by default. */
  open(maxConnections?: number): Database;
}

/** A logger that says nothing. */
export const silentLog = pino({ level: "silent" });

/**
 * Like `describe`, with a private empty database that exists when the first hook of `body` runs. Where no Postgres can be
 * had, the tests are reported as skipped, under the reason.
 */
export function describeWithPostgres(name: string, body: (postgres: TestPostgres) => void): void {
  describeWithServer("postgres", name, (serverUrl) => {
    const database = `test_${randomBytes(8).toString("hex")}`;
    const privateUrl = new URL(serverUrl);
    privateUrl.pathname = `/${database}`;
    const opened: Database[] = [];
    const open = (url: string, maxConnections: number): Database => {
      const one = createPgDatabase({ url, maxConnections, connectTimeoutMs: 30_000, applicationName: "flashdeal-test", log: silentLog });
      opened.push(one);
      return one;
    };
    beforeAll(() => administer(serverUrl, `CREATE DATABASE ${database}`));
    // Hooks of afterAll run in reverse order: this one last.
    afterAll(async () => {
      await Promise.all(opened.map((one) => one.close()));
      await administer(serverUrl, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    });
    body({ url: privateUrl.href, open: (maxConnections = 10) => open(privateUrl.href, maxConnections) });
  });
}

/** Like `describe`, with the URL of a Redis that other test files use too: put a prefix of your own before keys. */
export function describeWithRedis(name: string, body: (url: string) => void): void {
  describeWithServer("redis", name, body);
}

/** Like `describe`, with the URL of a NATS server with JetStream that other test files use too: use durable names of your own. */
export function describeWithNats(name: string, body: (url: string) => void): void {
  describeWithServer("nats", name, body);
}

/** Handed to the body of a skipped suite, which declares its tests but runs none of them. */
const UNREACHABLE: Readonly<Record<ServerName, string>> = {
  postgres: "postgres://127.0.0.1:1/none",
  redis: "redis://127.0.0.1:1",
  nats: "nats://127.0.0.1:1",
};

/** A suite that is skipped, under the reason, where the server cannot be had. */
export function describeWithServer(server: ServerName, name: string, body: (url: string) => void): void {
  suite(name, async () => {
    const provided = await askForServer(server);
    if ("url" in provided) {
      body(provided.url);
    } else {
      suite.skip(`skipped: ${provided.skipped}`, () => {
        body(UNREACHABLE[server]);
      });
    }
  });
}

/** Runs one statement on the server as its superuser. */
export async function administer(serverUrl: string, sql: string): Promise<void> {
  const admin = createPgDatabase({ url: serverUrl, maxConnections: 1, log: silentLog });
  try {
    await admin.query({ name: "", text: sql }, []);
  } finally {
    await admin.close();
  }
}
