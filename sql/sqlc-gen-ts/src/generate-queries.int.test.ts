import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { findSqlc } from "./find-sqlc.ts";
import type { SqlcLookup } from "./find-sqlc.ts";
import { generateQueries } from "./generate-queries.ts";
import { runSqlc } from "./run-sqlc.ts";
import { readServiceSql } from "./service-sql.ts";
import { copyOfSample, SAMPLE_REQUEST_FILE, SAMPLE_ROOT } from "./testing.ts";

const sqlc: SqlcLookup = await findSqlc({ build: false, log: () => {} });

beforeEach((context) => {
  context.skip("missing" in sqlc, "missing" in sqlc ? sqlc.missing : "");
});

const stocksModule = "services/sample/src/store/gen/stocks.sql.ts";

test("generate - sqlc says about the sample what was captured", async () => {
  const { request } = await runSqlc("path" in sqlc ? sqlc.path : "", await readServiceSql(SAMPLE_ROOT, "sample"), { go: false });
  const schemas = request.catalog.schemas.filter(({ name }) => name === "orders").map(({ name, enums }) => ({ name, enums }));
  const captured = { sqlc_version: request.sqlc_version, catalog: { schemas }, queries: request.queries };
  await expect(`${JSON.stringify(captured, null, 1)}\n`).toMatchFileSnapshot(SAMPLE_REQUEST_FILE);
});

test("generate - the sample's generated code is current", async () => {
  expect(await generateQueries({ root: SAMPLE_ROOT, check: true, sqlc })).toEqual({
    services: [{ service: "sample", changed: [], problems: [] }],
    skipped: undefined,
    ok: true,
  });
});

test("generate - a check finds what generating then repairs, and a module without queries goes", async () => {
  const root = await copyOfSample(onTestFinished);
  await writeFile(join(root, stocksModule), "// edited by hand");
  await cp(join(root, "services/sample/src/store/gen/types.sql.ts"), join(root, "services/sample/src/store/gen/gone.sql.ts"));
  await writeFile(join(root, "services/sample/src/store/gen/by-hand.ts"), "export {};");
  const changed = [stocksModule, "services/sample/src/store/gen/gone.sql.ts"];
  const options = { root, sqlc, verify: false };
  expect(await generateQueries({ ...options, check: true })).toMatchObject({ ok: false, services: [{ changed }] });
  expect(await generateQueries(options)).toMatchObject({ ok: true, services: [{ changed }] });
  expect(await generateQueries({ ...options, check: true })).toMatchObject({ ok: true, services: [{ changed: [] }] });
});

test("generate - broken SQL names file and line, writes nothing and leaves the other services alone", async () => {
  const root = await copyOfSample(onTestFinished);
  await cp(join(root, "sql/sample"), join(root, "sql/broken"), { recursive: true });
  await writeFile(join(root, "sql/broken/queries/stocks.sql"), "-- name: GetStock :one\nSELECT nothing FROM orders.stocks;\n");
  const { ok, services } = await generateQueries({ root, sqlc, verify: false });
  expect(ok).toBe(false);
  expect(services).toMatchObject([
    { service: "broken", changed: [], problems: ['sql/broken/queries/stocks.sql:2:8: column "nothing" does not exist'] },
    { service: "sample", changed: [], problems: [] },
  ]);
});

test("generate - two queries of one name are refused", async () => {
  const root = await copyOfSample(onTestFinished);
  await writeFile(join(root, "sql/sample/queries/twin.sql"), "-- name: CountStocks :one\nSELECT count(*) AS stocks FROM orders.stocks;\n");
  const { services } = await generateQueries({ root, sqlc, verify: false });
  expect(services[0]?.problems.join()).toMatch(/CountStocks/);
});

test("generate - services generated at the same time don't meet", async () => {
  const root = await copyOfSample(onTestFinished);
  const names = ["one", "two", "three"];
  for (const name of names) {
    await cp(join(root, "sql/sample"), join(root, "sql", name), { recursive: true });
  }
  const reports = await Promise.all(names.map((name) => generateQueries({ root, sqlc, services: [name], verify: false })));
  expect(reports.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(await readFile(join(root, "services/two/src/store/gen/stocks.sql.ts"), "utf8")).toContain('name: "two.LockStocks"');
});

test("generate - a service with a Go drop-in gets Go from the same files", async () => {
  const root = await copyOfSample(onTestFinished);
  await mkdir(join(root, "services/go/internal/sample"), { recursive: true });
  const { services } = await generateQueries({ root, sqlc, verify: false });
  const folder = "services/go/internal/sample/store/gen";
  expect(services[0]?.changed).toEqual(["db.go", "models.go", "stocks.sql.go", "types.sql.go"].map((name) => `${folder}/${name}`));
  const go = await readFile(join(root, folder, "stocks.sql.go"), "utf8");
  expect(go).toContain("func (q *Queries) ApplyDeltas(ctx context.Context, db DBTX, arg ApplyDeltasParams) ([]ApplyDeltasRow, error)");
  expect(go).toContain("FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS t (item_id, delta, ordinal)");
});
