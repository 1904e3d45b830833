import { migrate, type Database } from "@flashdeal/runtime/database";
import { newId } from "@flashdeal/runtime/ids";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { v4 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { orderMigrations } from "../compose.ts";
import { atFirst, type Order } from "../domain/order.ts";
import type { NewOrder } from "../domain/ports.ts";
import { insertClaims } from "./gen/claims.sql.ts";
import { listOrdersById } from "./gen/orders.sql.ts";
import { insertOrders, orderOf } from "./order-rows.ts";

const now = new Date("2030-01-01T00:00:00.000Z");
const unitPrice = { currencyCode: "KRW", units: 900n, nanos: 0 };
const line = { dealId: v4(), productId: v4(), vendorItemId: "item", fulfillmentCenterId: "fc", title: "Shoes", quantity: 1n, unitPrice };

function newOrder(isRepeat: boolean, reservationId = v4()): NewOrder {
  const order = { ...atFirst, orderId: newId(), userId: v4(), reservationId, lines: [line], total: unitPrice, expireTime: now, createTime: now, updateTime: now };
  return { order, traceparent: undefined, isRepeat };
}

describeEachDatabase("new orders", (open) => {
  let database: Database;
  const sent: boolean[] = [];
  beforeAll(async () => {
    const opened = await open();
    await migrate(opened, orderMigrations);
    const query: Database["query"] = (statement, values) => {
      sent.push(statement.name === "order.InsertNewOrders");
      return opened.query(statement, values);
    };
    database = { ...opened, query };
  });
  afterAll(async () => database?.close());

  const stored = async (table: string, ids: readonly string[]) =>
    Number((await database.query({ name: "", text: `SELECT count(*) FROM orders.${table} WHERE ${table === "outbox" ? "aggregate_key::uuid" : "order_id"} = ANY ($1::uuid[])` }, [ids])).rows[0]?.[0]);

  /** How many statements it takes, and what is stored afterwards. */
  async function insert(orders: readonly NewOrder[]) {
    sent.length = 0;
    const ids = await insertOrders(database, orders, now);
    const statements = sent.filter(Boolean).length;
    const all = orders.map(({ order }) => order.orderId);
    for (const table of ["orders", "order_deals", "outbox", "reservation_claims"]) expect(await stored(table, all), table).toBe(ids.length);
    return { ids: new Set(ids), statements };
  }

  test("new orders - are stored by one statement, whether claims may exist or not", async () => {
    for (const isRepeat of [false, true]) {
      const orders = [newOrder(isRepeat), newOrder(false), newOrder(false)];
      expect(await insert(orders)).toEqual({ ids: new Set(orders.map(({ order }) => order.orderId)), statements: 1 });
    }
  });

  test.each([[true, 1], [false, 2]])("new orders - one whose reservation has a claim is left out, the others are stored (known to be a repeat: %s)", async (isRepeat, statements) => {
    const [closed, ordered] = [v4(), newOrder(false)];
    await insertClaims(database, { reservationIds: [closed], orderIds: [""], createTime: now });
    await insert([ordered]);
    const fresh = [newOrder(false), newOrder(false)];
    const batch = [newOrder(isRepeat, closed), ...fresh, newOrder(isRepeat, ordered.order.reservationId)];
    expect(await insert(batch)).toEqual({ ids: new Set(fresh.map(({ order }) => order.orderId)), statements });
  });

  test("new orders - of the same reservations at the same moment one each is stored", async () => {
    const reservations = Array.from({ length: 20 }, () => v4());
    const batches = Array.from({ length: 6 }, (_, index) => (index % 2 === 0 ? reservations : reservations.toReversed()).map((id) => newOrder(index > 3, id)));
    const ids = (await Promise.all(batches.map((batch) => insertOrders(database, batch, now)))).flat();
    expect(ids).toHaveLength(20);
    expect(await stored("reservation_claims", ids)).toBe(20);
    expect(await stored("orders", batches.flat().map(({ order }) => order.orderId))).toBe(20);
  });

  test("new orders - of the same lines keep their own times, prices and totals", async () => {
    const dear = { ...unitPrice, units: 901n };
    const changes: Partial<Order>[] = [
      {},
      { expireTime: new Date(now.getTime() + 1) },
      { createTime: new Date(now.getTime() - 1) },
      { lines: [{ ...line, unitPrice: dear }], total: dear },
      { lines: [{ ...line, unitPrice: { ...unitPrice, currencyCode: "EUR" } }], total: { ...unitPrice, currencyCode: "EUR" } },
      { lines: [{ ...line, title: "Boots" }] },
      {},
    ];
    const created = changes.map(() => newOrder(false)).map((each, index) => ({ ...each, order: { ...each.order, ...changes[index] } }));
    await insert(created);
    const rows = await listOrdersById(database, { orderIds: created.map(({ order }) => order.orderId) });
    const stored = new Map(rows.map(orderOf).map((order) => [order.orderId, order]));
    for (const { order } of created) {
      const { lines, total, expireTime, createTime } = order;
      expect(stored.get(order.orderId)).toMatchObject({ lines, total, expireTime, createTime, updateTime: createTime });
    }
  });

  test("new orders - what fails for another reason is not sent again", async () => {
    const order = newOrder(false);
    await insert([order]);
    sent.length = 0;
    const twin = newOrder(false);
    await expect(insertOrders(database, [{ ...twin, order: { ...twin.order, orderId: order.order.orderId } }], now)).rejects.toThrow("order_deals_pkey");
    expect(sent).toEqual([true]);
  });
});
