// Writes rows without end and prints the id of each once it is acknowledged. pglite.test.ts kills it.
import { writeSync } from "node:fs";
import { pino } from "pino";
import { createPgliteDatabase } from "./pglite.ts";

const database = await createPgliteDatabase({ folder: process.argv[2], log: pino({ level: "warn" }) });
await database.script("CREATE TABLE IF NOT EXISTS written (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload text)");
for (;;) {
  const id = await database.transaction(async (tx) => {
    const { rows } = await tx.query({ name: "write", text: "INSERT INTO written (payload) VALUES ($1) RETURNING id" }, ["x".repeat(500)]);
    return rows[0]?.[0];
  });
  writeSync(1, `${String(id)}\n`);
}
