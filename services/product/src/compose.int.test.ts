import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { OrderPaidSchema } from "@flashdeal/proto/flashdeal/order/v1/order_events_pb";
import { OrderService, OrderState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { createLocalBus } from "@flashdeal/runtime/events";
import type { Background } from "@flashdeal/runtime/lifecycle";
import { createLogger, Registry } from "@flashdeal/runtime/telemetry";
import { openPglite } from "@flashdeal/runtime/testing";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { composeProduct } from "./compose.ts";
import { loadProductConfig } from "./config.ts";
import type { Deal } from "./domain/deal.ts";
import { createInventory, type Inventory } from "./testing/harness.ts";

describe("composed product service", () => {
  const log = createLogger({ name: "test", level: "silent" });
  const eventBus = createLocalBus({ log });
  const standings = new Map<string, OrderState>();
  const asked: string[] = [];
  let orderIsDown = true;
  let inventory: Inventory;
  let background: readonly Background[] = [];
  let deal: Deal;

  beforeAll(async () => {
    inventory = await createInventory(await openPglite());
    const { database, clock } = inventory;
    const orders = createRouterTransport(({ service }) =>
      service(OrderService, {
        resolveReservations({ reservationIds }) {
          asked.push(...reservationIds);
          if (orderIsDown) throw new ConnectError("down", Code.Unavailable);
          const resolutions = reservationIds.map((reservationId) => {
            const orderState = standings.get(reservationId) ?? OrderState.UNSPECIFIED;
            return { reservationId, orderState, orderId: orderState === OrderState.UNSPECIFIED ? "" : uuidv7() };
          });
          return { resolutions };
        },
      }),
    );
    const config = { ...loadProductConfig({}), sweepIntervalMs: 10, sweepGraceMs: 0, sweepBatchSize: 2, cleanupIntervalMs: 10 };
    background = composeProduct(config, { database, eventBus, cache: {} as never, log, metrics: new Registry(), clock, connect: () => orders }).background;
    for (const work of background) await work.start();
    deal = await inventory.openDeal({ units: 10n });
  });
  afterAll(async () => {
    for (const work of background.toReversed()) await work.drain();
    await eventBus.close();
    await inventory.database.close();
  });

  const hold = async (expireTime: Date): Promise<string> => {
    const entry = inventory.entry([{ dealId: deal.dealId, quantity: 1n }], { expireTime });
    await inventory.strategy.reserve([entry]);
    return entry.reservationId;
  };
  const statesOf = async (ids: readonly string[]) => (await inventory.reservations.getReservations(ids)).map(({ state }) => state);

  it("order events reach the holds through the bus, once", async () => {
    const reservationId = await hold(new Date(inventory.clock.now().getTime() + 60_000));
    const data = toBinary(OrderPaidSchema, create(OrderPaidSchema, { order: { orderId: uuidv7(), reservationId } }));
    const event = { id: uuidv7(), subject: OrderPaidSchema.typeName, data, headers: {} };
    await eventBus.publish([event]);
    await eventBus.publish([event]);
    expect(await statesOf([reservationId])).toEqual(["COMMITTED"]);
    expect(await inventory.stockOf(deal)).toMatchObject({ onHand: 9n, reserved: 0n });
  });

  it("the sweeper waits while the order service is down, and then settles all but what is pending", async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => hold(inventory.clock.now())));
    const [pending = "", paid = ""] = ids;
    standings.set(pending, OrderState.PENDING_PAYMENT).set(paid, OrderState.PAID);
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(3));
    expect(await statesOf(ids)).toEqual(["HELD", "HELD", "HELD", "HELD", "HELD"]);
    orderIsDown = false;
    await vi.waitFor(async () => expect(await statesOf(ids)).toEqual(["HELD", "COMMITTED", "EXPIRED", "EXPIRED", "EXPIRED"]), { timeout: 5_000 });
    expect(await inventory.stockOf(deal)).toMatchObject({ onHand: 8n, reserved: 1n });
    await inventory.checkBooks();
  });

  it("a drained service asks nothing more", async () => {
    for (const work of background) await work.drain();
    const before = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toHaveLength(before);
  });
});
