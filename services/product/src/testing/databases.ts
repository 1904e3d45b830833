import { createPgDatabase, createPgliteDatabase, type Database } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { describe } from "vitest";

const log = createLogger({ name: "product-test", level: "silent" });
const postgresUrl = process.env["TEST_POSTGRES_URL"] ?? "";

/** An empty database in this process, in memory. */
export function openPglite(): Promise<Database> {
  return createPgliteDatabase({ folder: undefined, log });
}

/** A database of its own on the server, so that test files do not meet; closing it drops it. */
async function openPostgres(): Promise<Database> {
  const name = `product_${process.pid}_${Date.now()}_${Math.floor(Math.random() * 1e6)}`;
  await administer(`CREATE DATABASE ${name}`);
  const own = new URL(postgresUrl);
  own.pathname = `/${name}`;
  const database = createPgDatabase({ url: own.href, log, maxConnections: 20 });
  return {
    ...database,
    async close() {
      await database.close();
      await administer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function administer(sql: string): Promise<void> {
  const admin = createPgDatabase({ url: postgresUrl, log });
  await admin.script(sql);
  await admin.close();
}

/** Declares the same tests for each kind of database. Without TEST_POSTGRES_URL those on Postgres are reported as skipped. */
export function onEachDatabase(name: string, declare: (open: () => Promise<Database>, kind: "PGlite" | "Postgres") => void): void {
  describe(`${name} on PGlite`, () => {
    declare(openPglite, "PGlite");
  });
  describe.skipIf(postgresUrl === "")(`${name} on Postgres`, () => {
    declare(openPostgres, "Postgres");
  });
}
