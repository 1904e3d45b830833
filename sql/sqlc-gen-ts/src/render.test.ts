import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createServiceModel } from "./query-model.ts";
import { renderService } from "./render.ts";
import { digestOf, readServiceSql } from "./service-sql.ts";
import type { SqlcQuery } from "./sqlc-request.ts";
import { SAMPLE_ROOT, sampleRequest, sqlcColumn, sqlcRequest } from "./testing.ts";

function render(query: Partial<SqlcQuery>): string {
  const files = renderService(createServiceModel("order", sqlcRequest(query)), (name) => ({ path: name, digest: "sha256 0" }));
  return files.find(({ name }) => name === "things.sql.ts")?.text ?? "";
}

test("render - the sample's modules are what they were", async () => {
  const sql = await readServiceSql(SAMPLE_ROOT, "sample");
  const files = renderService(createServiceModel("sample", sampleRequest()), (name) => ({
    path: `sql/sample/queries/${name}`,
    digest: digestOf(sql.queries.find((file) => file.name === name)?.text ?? ""),
  }));
  const folder = join(SAMPLE_ROOT, "services/sample/src/store/gen");
  expect(files.map(({ name }) => name).toSorted()).toEqual((await readdir(folder)).toSorted());
  for (const file of files) {
    expect(file).toEqual({ name: file.name, text: await readFile(join(folder, file.name), "utf8") });
  }
});

test("render - each command has its result", () => {
  expect(render({ cmd: ":one" })).toContain("getThing(db: Queryable): Promise<GetThingRow | undefined>");
  expect(render({ cmd: ":many" })).toContain("getThing(db: Queryable): Promise<GetThingRow[]>");
  expect(render({ cmd: ":exec" })).toContain("getThing(db: Queryable): Promise<void>");
  expect(render({ cmd: ":execrows" })).toContain("getThing(db: Queryable): Promise<number>");
});

test("render - a nullable array parameter takes null elements too", () => {
  const column = sqlcColumn({ name: "notes", is_array: true, array_dims: 1, not_null: false, type: { schema: "", name: "text" } });
  expect(render({ params: [{ number: 1, column }] })).toContain("readonly notes: readonly (string | null)[] | null;");
});

test("render - arrays of ids and integers travel in binary form", () => {
  const column = sqlcColumn({ name: "ids", is_array: true, array_dims: 1, type: { schema: "", name: "uuid" } });
  const text = render({ cmd: ":exec", params: [{ number: 1, column }, { number: 2, column: { ...column, name: "counts", type: { schema: "", name: "bigint" } } }] });
  expect(text).toContain('import { int8Array, uuidArray, type Queryable } from "@flashdeal/runtime/database";');
  expect(text).toContain("[uuidArray(args.ids), int8Array(args.counts)]");
});

test("render - JSON parameters are sent as text, SQL null stays null", () => {
  const document = sqlcColumn({ name: "document", type: { schema: "", name: "jsonb" } });
  const params = (column: typeof document) => render({ cmd: ":exec", params: [{ number: 1, column }] });
  expect(params(document)).toContain("[JSON.stringify(args.document)]");
  expect(params({ ...document, not_null: false })).toContain("[args.document === null ? null : JSON.stringify(args.document)]");
  expect(params({ ...document, is_array: true })).toContain("[args.document.map((value) => JSON.stringify(value))]");
});

test("render - SQL with backticks, backslashes and placeholders stays what it is", () => {
  const text = String.raw`SELECT id FROM t WHERE a ~ '\d' AND b = '${"`"}' AND c = '\${x}'`;
  const literal = /text: (`[\s\S]*?[^\\]`),\n/.exec(render({ text }))?.[1] ?? "";
  expect(new Function(`return ${literal}`)()).toBe(text);
});

test("render - a comment cannot end the doc comment", () => {
  expect(render({ comments: ["a */ b"] })).toContain("/** a *\\/ b */");
});
