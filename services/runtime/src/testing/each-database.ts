import { randomBytes } from "node:crypto";
import { describe } from "vitest";
import type { Database } from "../database/database.ts";
import { createPgDatabase } from "../database/pg.ts";
import { createPgliteDatabase } from "../database/pglite.ts";
import { administer, describeWithServer, silentLog } from "./describe-with.ts";
import { askForPgliteTemplate } from "./servers.ts";

/** Connections per pool: enough for the racing callers of the tests, few enough for many files at once on one server. */
const MAX_CONNECTIONS = 20;
/** A storm of a thousand callers waits for its turns longer than a service would let them. */
const TURN_TIMEOUT_MS = 30_000;

/** An empty database that nobody else uses. Closing it ends every connection to it and drops it. */
export interface TestDatabase extends Database {
  readonly kind: "PGlite" | "Postgres";
  /** The same database as another process has it, closed with this one. PGlite has one session, so it is the very same there. */
  connect(): Database;
}

/**
 * Declares the same tests for each kind of database, each time in a suite "`subject` on …". Where no Postgres can be had, its
 * suite is reported as skipped, under the reason. `open` makes a new empty database each time.
 */
export function describeEachDatabase(subject: string, declare: (open: () => Promise<TestDatabase>, kind: TestDatabase["kind"]) => void): void {
  describe(`${subject} on PGlite`, () => {
    declare(openPglite, "PGlite");
  });
  describeWithServer("postgres", `${subject} on Postgres`, (serverUrl) => {
    declare(() => openPostgres(serverUrl), "Postgres");
  });
}

/** One per test file, as each file runs in a process of its own. */
let template: Promise<Blob | undefined> | undefined;

/** A new empty database in this process, in memory. */
export async function openPglite(): Promise<TestDatabase> {
  template ??= askForPgliteTemplate();
  const empty = await template;
  const database = await createPgliteDatabase({ folder: undefined, ...(empty && { template: empty }), log: silentLog });
  const opened: TestDatabase = { ...database, kind: "PGlite", connect: () => opened };
  return opened;
}

async function openPostgres(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  await administer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const connections: Database[] = [];
  const connect = (): Database => {
    const connection = createPgDatabase({ url: url.href, maxConnections: MAX_CONNECTIONS, connectTimeoutMs: TURN_TIMEOUT_MS, applicationName: "flashdeal-test", log: silentLog });
    connections.push(connection);
    return connection;
  };
  return {
    ...connect(),
    kind: "Postgres",
    connect,
    async close() {
      await Promise.all(connections.map((connection) => connection.close()));
      await administer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
