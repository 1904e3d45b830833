import { createPgliteDatabase, createPgDatabase, type Database } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";

const log = createLogger({ name: "test", level: "silent" });

export const databases: readonly { name: string; open(): Promise<Database> }[] = [
  { name: "PGlite", open: () => createPgliteDatabase({ folder: undefined, log }) },
  {
    name: "Postgres",
    async open() {
      const url = process.env["TEST_PG"] ?? "";
      const admin = createPgDatabase({ url, log });
      const name = `product_${process.pid}_${Date.now()}_${Math.floor(Math.random() * 1e6)}`;
      await admin.script(`CREATE DATABASE ${name}`);
      await admin.close();
      return createPgDatabase({ url: url.replace(/\/[^/]*$/, `/${name}`), log, maxConnections: 20 });
    },
  },
];
