import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSqlcRequest } from "./sqlc-request.ts";
import type { SqlcColumn, SqlcQuery, SqlcRequest } from "./sqlc-request.ts";

/** A project of one service, `sample`, with its generated code: what the tests compare with. */
export const SAMPLE_ROOT: string = join(import.meta.dirname, "..", "testdata", "project");

/** What sqlc said about the sample service, without the catalogs of Postgres itself. */
export const SAMPLE_REQUEST_FILE: string = join(import.meta.dirname, "..", "testdata", "sample-request.json");

/** Reads the captured request. */
export function sampleRequest(): SqlcRequest {
  return parseSqlcRequest(readFileSync(SAMPLE_REQUEST_FILE, "utf8"));
}

/** A copy of the sample project; pass `onTestFinished`, so that it is deleted when the test ends. */
export async function copyOfSample(onTestFinished: (remove: () => Promise<void>) => void): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "sqlc-gen-ts-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await cp(SAMPLE_ROOT, root, { recursive: true });
  return root;
}

/** A column as sqlc reports it: `id uuid NOT NULL` unless told otherwise. */
export function sqlcColumn(overrides: Partial<SqlcColumn> = {}): SqlcColumn {
  const type = { schema: "", name: "uuid" };
  return { name: "id", not_null: true, is_array: false, array_dims: 0, type, is_sqlc_slice: false, embed_table: null, ...overrides };
}

/** A request with these queries, each `GetThing :one` in things.sql unless told otherwise. */
export function sqlcRequest(...queries: readonly Partial<SqlcQuery>[]): SqlcRequest {
  const query = { text: "SELECT id FROM orders.things", name: "GetThing", cmd: ":one", columns: [sqlcColumn()], params: [], comments: [], filename: "things.sql" };
  const enums = [{ name: "order_state", vals: ["PAID", "EXPIRED"] }];
  return { sqlc_version: "v1.31.1", catalog: { schemas: [{ name: "orders", enums }] }, queries: queries.map((overrides) => ({ ...query, ...overrides })) };
}
