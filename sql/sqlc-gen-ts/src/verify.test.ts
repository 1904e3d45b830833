import { afterAll, beforeAll, expect, test } from "vitest";
import { createServiceModel } from "./query-model.ts";
import { readServiceSql } from "./service-sql.ts";
import type { ServiceSql } from "./service-sql.ts";
import type { SqlcQuery } from "./sqlc-request.ts";
import { SAMPLE_ROOT, sampleRequest, sqlcColumn, sqlcRequest } from "./testing.ts";
import { createVerifier } from "./verify.ts";
import type { Verifier } from "./verify.ts";

let verifier: Verifier;
beforeAll(async () => {
  verifier = await createVerifier();
});
afterAll(() => verifier.close());

function sqlOf(up: string, down: string): ServiceSql {
  const migration = { version: 1, up: { path: "001.do.x.sql", name: "001.do.x.sql", text: up }, down: { path: "001.undo.x.sql", name: "001.undo.x.sql", text: down } };
  return { service: "order", migrations: [migration], queries: [], external: undefined };
}

const things = sqlOf("CREATE TABLE orders.things (id uuid, version bigint)", "DROP TABLE orders.things");

function problemsOf(query: Partial<SqlcQuery>): Promise<readonly string[]> {
  return verifier.verify(things, createServiceModel("order", sqlcRequest(query)));
}

function paramOf(typeName: string) {
  return { number: 1, column: sqlcColumn({ name: "n", type: { schema: "", name: typeName } }) };
}

function arrayOf(typeName: string) {
  return { number: 1, column: sqlcColumn({ name: "n", is_array: true, array_dims: 1, type: { schema: "", name: typeName } }) };
}

test("verify - Postgres agrees with the sample", async () => {
  const sql = await readServiceSql(SAMPLE_ROOT, "sample");
  expect(await verifier.verify(sql, createServiceModel("sample", sampleRequest()))).toEqual([]);
});

test("verify - a type that sqlc guessed wrong is found", async () => {
  const columns = [sqlcColumn({ name: "sum", type: { schema: "", name: "bigint" } })];
  expect(await problemsOf({ text: "SELECT sum(version) FROM orders.things", columns })).toEqual([
    "sql/order/queries/things.sql: GetThing, column sum: sqlc takes it for int8, Postgres for numeric; add a cast.",
  ]);
});

test("verify - a parameter may be narrower than what Postgres takes, not of another kind", async () => {
  const text = "SELECT id FROM orders.things LIMIT $1";
  expect(await problemsOf({ text, params: [paramOf("integer")] })).toEqual([]);
  expect(await problemsOf({ text, params: [paramOf("text")] })).toEqual([expect.stringContaining("parameter n: sqlc takes it for text, Postgres for int8")]);
});

test("verify - an array parameter is of the very type, as it travels in binary form", async () => {
  const text = "SELECT id FROM orders.things WHERE version = ANY ($1)";
  expect(await problemsOf({ text, params: [arrayOf("bigint")] })).toEqual([]);
  expect(await problemsOf({ text, params: [arrayOf("integer")] })).toEqual([expect.stringContaining("parameter n: sqlc takes it for int4[], Postgres for int8[]")]);
});

test("verify - a statement that Postgres refuses is found", async () => {
  expect(await problemsOf({ text: "SELECT id FROM orders.nothing" })).toEqual([expect.stringContaining('relation "orders.nothing" does not exist')]);
});

test("verify - a migration that fails is named, and the next service is not disturbed", async () => {
  expect(await verifier.verify(sqlOf("CREATE TABLE nowhere.t ()", ""), undefined)).toEqual(['001.do.x.sql: schema "nowhere" does not exist']);
  expect(await verifier.verify(things, undefined)).toEqual([]);
});

test("verify - an undo file that leaves something behind is found", async () => {
  const halfway = sqlOf("CREATE TYPE orders.kind AS ENUM ('A'); CREATE TABLE orders.things (kind orders.kind)", "DROP TABLE orders.things");
  expect(await verifier.verify(halfway, undefined)).toEqual(["sql/order/migrations: the undo files leave orders.kind behind."]);
});

test("verify - declarations of external tables are gone afterwards", async () => {
  const external = { path: "external.sql", name: "external.sql", text: "CREATE TABLE outbox (id uuid NOT NULL)" };
  const model = createServiceModel("order", sqlcRequest({ text: "SELECT id FROM outbox" }));
  expect(await verifier.verify({ ...things, external }, model)).toEqual([]);
  expect(await verifier.verify({ ...things, external }, model)).toEqual([]);
  expect(await verifier.verify(things, model)).toEqual([expect.stringContaining('relation "outbox" does not exist')]);
});
