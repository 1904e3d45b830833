import { join } from "node:path";
import { type Database, migrate } from "@flashdeal/runtime/database";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { applyDeltas, countStocks, delete_, getNewestVersion, insertStocks, lockStocks, notifyStocks } from "../testdata/project/services/sample/src/store/gen/stocks.sql.ts";
import { getAllTypes, getArrays, getNullables, insertAllTypes, insertArrays, insertNullables, listJoined } from "../testdata/project/services/sample/src/store/gen/types.sql.ts";
import { SAMPLE_ROOT } from "./testing.ts";

const MIGRATIONS = join(SAMPLE_ROOT, "sql/sample/migrations");
const ID = "01930000-0000-7000-8000-000000000001";
const OTHER_ID = "01930000-0000-7000-8000-000000000002";
const TIME = new Date("2026-11-21T03:04:05.678Z");
const BYTES = new Uint8Array([0, 1, 255, 92, 34]);
const TEXT = `quotes ' " and \\ and {braces}, NULL and 눈송이`;

const allTypes = {
  id: ID,
  flag: true,
  small: -32_768,
  medium: 2_147_483_647,
  big: 9_007_199_254_740_993n,
  single: 1.5,
  double: 0.1,
  exact: "12345678901234.5678",
  words: TEXT,
  state: "PAID",
  day: "2026-11-21",
  createTime: TIME,
  age: "1 day 02:03:04",
  payload: BYTES,
  document: { list: [1, "two", null], nested: { text: TEXT } },
} as const;

const nothing = { flag: null, medium: null, big: null, words: null, state: null, createTime: null, payload: null, document: null, tags: null };

describeEachDatabase("generated code", (open) => {
  let database: Database;

  beforeAll(async () => {
    database = await open();
    await migrate(database, { schema: "orders", folder: MIGRATIONS });
  });

  beforeEach(() => database.script("TRUNCATE orders.stocks, orders.all_types, orders.nullables, orders.arrays"));

  afterAll(async () => {
    await migrate(database, { schema: "orders", folder: MIGRATIONS, version: 0 });
    await database.close();
  });

  test("types - one value of each comes back as it was", async () => {
    await insertAllTypes(database, allTypes);
    expect(await getAllTypes(database, { id: ID })).toEqual(allTypes);
    expect(await getAllTypes(database, { id: OTHER_ID })).toBeUndefined();
  });

  test("types - JSON keeps arrays, texts and null apart from SQL's", async () => {
    for (const document of [[1, 2], "text", 7, false, null, {}]) {
      await database.script("TRUNCATE orders.all_types CASCADE");
      await insertAllTypes(database, { ...allTypes, document });
      expect((await getAllTypes(database, { id: ID }))?.document).toEqual(document);
    }
  });

  test("types - null in every nullable column, and a value in each", async () => {
    await insertAllTypes(database, allTypes);
    await insertAllTypes(database, { ...allTypes, id: OTHER_ID });
    await insertNullables(database, { id: ID, ...nothing });
    expect(await getNullables(database, { id: ID })).toEqual({ id: ID, ...nothing });
    const { flag, medium, big, words, state, createTime, payload, document } = allTypes;
    const full = { id: OTHER_ID, flag, medium, big, words, state, createTime, payload, document, tags: ["a", TEXT] };
    await insertNullables(database, full);
    expect(await getNullables(database, { id: OTHER_ID })).toEqual(full);
  });

  test("types - arrays of everything, and empty ones", async () => {
    const full = {
      id: ID,
      ids: [ID, OTHER_ID],
      mediums: [1, -2],
      bigs: [1n, -9_007_199_254_740_993n],
      words: ["", TEXT, "NULL"],
      states: ["PAID", "PENDING_PAYMENT"],
      times: [TIME],
      payloads: [BYTES, new Uint8Array()],
      documents: [{ a: [1] }, [2], "three", null],
    } as const;
    await insertArrays(database, full);
    expect(await getArrays(database, { id: ID })).toEqual(full);
    const empty = { id: OTHER_ID, ids: [], mediums: [], bigs: [], words: [], states: [], times: [], payloads: [], documents: [] };
    await insertArrays(database, empty);
    expect(await getArrays(database, { id: OTHER_ID })).toEqual(empty);
  });

  test("rows - the outer side of a LEFT JOIN is null, an optional parameter filters", async () => {
    await insertAllTypes(database, allTypes);
    const row = { id: ID, nullablesId: null, words: null };
    expect(await listJoined(database, { state: null })).toEqual([row]);
    expect(await listJoined(database, { state: "PAID" })).toEqual([row]);
    expect(await listJoined(database, { state: "PENDING_PAYMENT" })).toEqual([]);
  });

  test("batches - unnest inserts with null elements, locks in order, applies deltas and tells each row's ordinal", async () => {
    const inserted = await insertStocks(database, { itemIds: ["b", "a"], availables: [5n, 7n], notes: [null, TEXT] });
    expect(inserted).toBe(2);
    await database.transaction(async (tx) => {
      expect(await lockStocks(tx, { itemIds: ["b", "a", "none"] })).toEqual([
        { itemId: "a", available: 7n, version: 1n, note: TEXT },
        { itemId: "b", available: 5n, version: 1n, note: null },
      ]);
      const applied = await applyDeltas(tx, { itemIds: ["b", "a"], deltas: [-5n, 1n] });
      expect(applied.toSorted((x, y) => x.ordinal - y.ordinal)).toEqual([
        { itemId: "b", available: 0n, version: 2n, ordinal: 1 },
        { itemId: "a", available: 8n, version: 2n, ordinal: 2 },
      ]);
    });
    await expect(applyDeltas(database, { itemIds: ["b"], deltas: [-1n] })).rejects.toThrow(/stocks_available_check/);
  });

  test("commands - :exec, :execrows and :one without parameters", async () => {
    await insertStocks(database, { itemIds: ["a"], availables: [3n], notes: null });
    expect(await notifyStocks(database, { payload: "a" })).toBeUndefined();
    expect(await countStocks(database)).toEqual({ stocks: 1n });
    expect(await delete_(database, { function: "none" })).toBe(0);
    expect(await delete_(database, { function: "a" })).toBe(1);
  });

  test("aggregates - a column that the comment calls nullable is null", async () => {
    expect(await getNewestVersion(database, { itemIds: ["none"] })).toEqual({ version: null, available: 0n, stocks: 0n });
  });
});
