import { createPgDatabase, createPgliteDatabase, type Database } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { describe } from "vitest";

const log = createLogger({ name: "order-test", level: "silent" });
const postgresUrl = process.env["TEST_POSTGRES_URL"] ?? "";

const kinds: readonly { readonly name: string; readonly skip: boolean; open(): Promise<Database> }[] = [
  { name: "PGlite", skip: false, open: () => createPgliteDatabase({ folder: undefined, log }) },
  { name: "Postgres", skip: postgresUrl === "", open: () => openOwnDatabase(postgresUrl) },
];

/** A database of its own on the server, so that test files do not meet. */
async function openOwnDatabase(url: string): Promise<Database> {
  const name = `order_${process.pid}_${Date.now()}_${Math.floor(Math.random() * 1e6)}`;
  const admin = createPgDatabase({ url, log });
  await admin.script(`CREATE DATABASE ${name}`);
  await admin.close();
  const own = new URL(url);
  own.pathname = `/${name}`;
  const database = createPgDatabase({ url: own.href, log, maxConnections: 20 });
  return {
    ...database,
    async close() {
      await database.close();
      const cleaner = createPgDatabase({ url, log });
      await cleaner.script(`DROP DATABASE ${name} WITH (FORCE)`);
      await cleaner.close();
    },
  };
}

/** Declares the same tests for each kind of database. */
export function onEachDatabase(declare: (open: () => Promise<Database>) => void): void {
  for (const { name, skip, open } of kinds) {
    const note = skip ? " (skipped: TEST_POSTGRES_URL is not set)" : "";
    describe.skipIf(skip)(`${name}${note}`, () => {
      declare(open);
    });
  }
}
