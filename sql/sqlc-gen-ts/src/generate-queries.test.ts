import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { generateQueries } from "./generate-queries.ts";
import { copyOfSample } from "./testing.ts";

test("generate - without sqlc a check says so, and still finds queries that changed since", async () => {
  const root = await copyOfSample(onTestFinished);
  const options = { root, check: true, sqlc: { missing: "it is hidden from this test" }, verify: false };
  expect(await generateQueries(options)).toMatchObject({ ok: true, skipped: "it is hidden from this test" });
  await writeFile(join(root, "sql/sample/queries/stocks.sql"), "-- name: CountStocks :one\nSELECT count(*) AS all_stocks FROM orders.stocks;\n");
  const { ok, services } = await generateQueries(options);
  expect(ok).toBe(false);
  expect(services[0]?.problems).toEqual([
    "services/sample/src/store/gen/stocks.sql.ts is not generated from sql/sample/queries/stocks.sql as it is now, and generating needs sqlc.",
  ]);
});

test("generate - without sqlc a check finds migrations that schema.sql does not show", async () => {
  const root = await copyOfSample(onTestFinished);
  await writeFile(join(root, "sql/sample/migrations/002.do.stocks.sql"), "CREATE TABLE orders.stocks (item_id text PRIMARY KEY);\n");
  const report = await generateQueries({ root, check: true, sqlc: { missing: "hidden" }, verify: false });
  expect(report).toMatchObject({ ok: false, services: [{ changed: ["sql/sample/schema.sql"] }] });
});
