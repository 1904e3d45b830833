import { OrderState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { Database } from "@flashdeal/runtime/database";
import { reasonOf } from "@flashdeal/runtime/errors";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { v4 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { as, createTestBed, type TestBed } from "../testing/test-bed.ts";

describeEachDatabase("steps of two processes", (open) => {
  let database: Database;
  let beds: readonly TestBed[] = [];
  beforeAll(async () => {
    const opened = await open();
    database = opened;
    const first = await createTestBed({ database, config: { batchMaxInFlight: 1 } });
    beds = [first, await createTestBed({ database: opened.connect(), inventory: first.inventory, config: { batchMaxInFlight: 1 } })];
  });
  afterAll(async () => {
    for (const bed of beds) await bed.close();
    await database?.close();
  });

  test("steps - that use the same keys in different orders neither wait in a circle nor fail each other", async () => {
    const [a, b] = beds as [TestBed, TestBed];
    for (let round = 0; round < 20; round++) {
      const user = as();
      const keys = Array.from({ length: 12 }, (_, index) => `key-${round}-${index}`);
      const newOrder = async () => {
        const { order } = await a.orders.createOrder({ requestId: v4(), lines: [{ dealId: a.addDeal().dealId, quantity: 1n }] }, user);
        return order?.orderId ?? "";
      };
      const ids = await Promise.all([...keys, ...keys].map(newOrder));
      // Each key is used for one order here and for another one there, which a client should not do.
      const pay = (bed: TestBed, key: string, orderId = "") => bed.orders.payOrder({ orderId, paymentToken: "sandbox-ok", requestId: key }, user).then(({ order }) => order?.state ?? 0, (error: unknown) => reasonOf(error) ?? String(error));
      const there = keys.toReversed();
      const told = await Promise.all([...keys.map((key, index) => pay(a, key, ids[index])), ...there.map((key, index) => pay(b, key, ids[12 + index]))]);
      keys.forEach((key, index) => {
        const both = new Set([told[index], told[12 + there.indexOf(key)]]);
        expect(both).toEqual(new Set([OrderState.PAID, "REQUEST_ID_REUSED"]));
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const { rows } = await database.query({ name: "", text: "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()" }, []);
    expect(rows).toEqual([[0n]]);
  });
});
