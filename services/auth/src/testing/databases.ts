import { randomUUID } from "node:crypto";
import { createPgDatabase, createPgliteDatabase, type Database } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { describe } from "vitest";

/** An empty database that nobody else uses. */
export interface TestDatabase {
  readonly database: Database;
  /** The same database as another process has it; PGlite has one session, so that it is the very same there. */
  connect(): Database;
  /** Ends every connection and drops the database. */
  close(): Promise<void>;
}

const log = createLogger({ name: "auth-tests", level: "silent" });
const serverUrl = process.env["TEST_POSTGRES_URL"] ?? "";

/** Declares the same tests for PGlite and, where a server is named by TEST_POSTGRES_URL, for Postgres. */
export function onEachDatabase(subject: string, declare: (open: () => Promise<TestDatabase>) => void): void {
  describe(`${subject} on PGlite`, () => {
    declare(openPglite);
  });
  describe.skipIf(serverUrl === "")(`${subject} on Postgres`, () => {
    declare(openPostgres);
  });
}

async function openPglite(): Promise<TestDatabase> {
  const database = await createPgliteDatabase({ folder: undefined, log });
  return { database, connect: () => database, close: () => database.close() };
}

async function openPostgres(): Promise<TestDatabase> {
  const name = `auth_test_${randomUUID().replaceAll("-", "")}`;
  const server = createPgDatabase({ url: serverUrl, log, maxConnections: 1 });
  await server.script(`CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const connections: Database[] = [];
  const connect = (): Database => {
    const database = createPgDatabase({ url: url.href, log });
    connections.push(database);
    return database;
  };
  return {
    database: connect(),
    connect,
    close: async () => {
      await Promise.all(connections.map((connection) => connection.close()));
      await server.script(`DROP DATABASE ${name} WITH (FORCE)`);
      await server.close();
    },
  };
}
