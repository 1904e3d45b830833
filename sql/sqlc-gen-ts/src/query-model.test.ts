import { expect, test } from "vitest";
import { createServiceModel } from "./query-model.ts";
import { sqlcColumn, sqlcRequest } from "./testing.ts";
import type { SqlcQuery } from "./sqlc-request.ts";

function firstQuery(query: Partial<SqlcQuery>) {
  return createServiceModel("order", sqlcRequest(query)).files[0]?.queries[0];
}

test("query model - statements carry the service's name", () => {
  expect(firstQuery({})).toMatchObject({ statement: "order.GetThing", functionName: "getThing", typeStem: "GetThing" });
});

test("query model - parameters come in the order of their numbers", () => {
  const params = [
    { number: 2, column: sqlcColumn({ name: "second" }) },
    { number: 1, column: sqlcColumn({ name: "first" }) },
  ];
  expect(firstQuery({ params })?.params.map(({ property }) => property)).toEqual(["first", "second"]);
});

test("query model - the Nullable comment makes a column nullable and is no part of the doc comment", () => {
  const query = firstQuery({ comments: [" The newest.", " Nullable: id."] });
  expect(query?.columns[0]?.nullable).toBe(true);
  expect(query?.doc).toEqual(["The newest."]);
});

test("query model - an enum is found by its schema and name", () => {
  const type = { schema: "orders", name: "order_state" };
  expect(firstQuery({ columns: [sqlcColumn({ type })] })?.columns[0]?.type).toMatchObject({ typescript: "OrderState", isEnum: true });
});

test("query model - :exec ignores the columns of the statement", () => {
  expect(firstQuery({ cmd: ":exec", columns: [sqlcColumn({ type: { schema: "", name: "void" } })] })?.columns).toEqual([]);
});

test("query model - operators and text with an at sign are no leftover parameters", () => {
  for (const text of ["SELECT id FROM t WHERE a @> $1", "SELECT 'a@b' AS id", 'SELECT "x@y" AS id', "SELECT id -- @id\nFROM t", "SELECT $$ @id $$ AS id"]) {
    expect(firstQuery({ text })).toBeDefined();
  }
});

const refusals: readonly (readonly [string, Partial<SqlcQuery>, string])[] = [
  ["a command without a function", { cmd: ":copyfrom" }, "things.sql: GetThing: :copyfrom is not supported; use :one, :many, :exec or :execrows."],
  ["a batch", { cmd: ":batchexec" }, "things.sql: GetThing: :batchexec is not supported"],
  ["an unknown type", { columns: [sqlcColumn({ name: "area", type: { schema: "", name: "polygon" } })] }, "things.sql: GetThing, column area: the type polygon is not supported"],
  ["an expression that sqlc cannot type", { columns: [sqlcColumn({ type: { schema: "", name: "any" } })] }, "cast the expression"],
  ["a timestamp without time zone", { columns: [sqlcColumn({ type: { schema: "pg_catalog", name: "timestamp" } })] }, "use timestamptz"],
  ["a function that returns nothing as :one", { columns: [sqlcColumn({ type: { schema: "", name: "void" } })] }, "called by an :exec query"],
  ["a parameter of unknown type", { params: [{ number: 1, column: sqlcColumn({ name: "x", type: null }) }] }, "GetThing, parameter x: the type any is not supported"],
  ["two dimensions", { columns: [sqlcColumn({ is_array: true, array_dims: 2 })] }, "arrays of 2 dimensions"],
  ["an array that is not decoded", { columns: [sqlcColumn({ is_array: true, array_dims: 1, type: { schema: "", name: "xid8" } })] }, "arrays of xid8"],
  ["sqlc.embed", { columns: [sqlcColumn({ embed_table: {} })] }, "sqlc.embed is not supported"],
  ["sqlc.slice", { params: [{ number: 1, column: sqlcColumn({ is_sqlc_slice: true }) }] }, "sqlc.slice is not supported"],
  ["a column without a name", { columns: [sqlcColumn({ name: "" })] }, "name it: … AS name"],
  ["two columns of one name", { columns: [sqlcColumn({ name: "item_id" }), sqlcColumn({ name: "itemId" })] }, "two columns are called itemId"],
  ["rows from a statement that returns none", { columns: [] }, "needs a statement that returns columns"],
  ["an at sign that sqlc overlooked", { text: "SELECT id FROM orders.things WHERE id=@id" }, "=@id is still in the statement"],
  ["a Nullable comment about nothing", { comments: ["Nullable: version"] }, 'names no column of the result'],
  ["a name that Postgres would cut off", { name: "G".repeat(60) }, "longer than 63 bytes"],
];

for (const [what, query, message] of refusals) {
  test(`query model - refuses ${what}`, () => {
    expect(() => firstQuery(query)).toThrow(message);
  });
}

test("query model - refuses two queries that would declare one name", () => {
  expect(() => createServiceModel("order", sqlcRequest({}, { filename: "other.sql" }))).toThrow("GetThing and GetThing would both declare getThing");
  expect(() => createServiceModel("order", sqlcRequest({}, { name: "GetThingStatement" }))).toThrow("would both declare getThingStatement");
});

test("query model - refuses an enum and a query that would declare one name", () => {
  const request = sqlcRequest({ name: "GetThing" });
  const schemas = [{ name: "orders", enums: [{ name: "get_thing_row", vals: ["A"] }] }];
  expect(() => createServiceModel("order", { ...request, catalog: { schemas } })).toThrow("would both declare GetThingRow");
});
