import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { OrderService, OrderState, type Order } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Protocol } from "./caller/caller.ts";
import { describeFailure, type Outcome } from "./caller/outcome.ts";
import { cases } from "./cases/index.ts";
import { runCases } from "./run-cases.ts";
import { startEmbedded, type EmbeddedPlatform } from "./testing/start-embedded.ts";
import { createWorld } from "./world/create-world.ts";
import { eventually, pooled } from "./world/eventually.ts";
import { ok, present } from "./world/expect.ts";
import { ordersOf, stockBecomes, stockOf } from "./world/stock-state.ts";
import type { Buyer, World } from "./world/world.ts";

const { createOrder, getOrder, payOrder } = OrderService.method;
const patientTimeoutMs = 180_000;

describe("end to end - a normal restart of the embedded profile", () => {
  const accessTokenLifeMs = 10_000;
  let embedded: EmbeddedPlatform;
  const worldOf = (protocol: Protocol) => createWorld({ ...embedded.platform, accessTokenLifeMs }, protocol);
  beforeAll(async () => {
    embedded = await startEmbedded({ ACCESS_TOKEN_LIFE: `${accessTokenLifeMs}ms`, ORDER_PAY_WITHIN: "10m" });
  }, patientTimeoutMs);
  afterAll(() => embedded.stop(), patientTimeoutMs);

  it("data survives it", async () => {
    const world = worldOf("rest");
    const { caller, make } = world;
    const [buyer, deal] = [await make.newBuyer(), await make.newDeal({ units: 5 })];
    const paid = await make.newPaidOrder(buyer, deal);
    await stockBecomes(world, deal.key, { onHand: 4, reserved: 0, available: 4 });
    const key = make.unique("key");
    const request = { lines: [{ dealId: deal.dealId, quantity: 2n }] };
    const pending = await ok(caller.unary(createOrder, request, { token: buyer.token, key }));

    await embedded.process.restart();
    const after = worldOf("rest");
    const tokens = present((await ok(after.caller.unary(AuthService.method.refreshToken, { refreshToken: buyer.refreshToken }))).tokens);
    const token = tokens.accessToken;
    expect((await ok(after.caller.unary(getOrder, { orderId: paid.orderId }, { token }))).order).toEqual(paid);
    expect(await ok(after.caller.unary(createOrder, request, { token, key }))).toEqual(pending);
    await stockBecomes(after, deal.key, { onHand: 4, reserved: 2, available: 2 });
    const orderId = present(pending.order).orderId;
    expect((await ok(after.caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, { token, key }))).order?.state).toBe(OrderState.PAID);
    await stockBecomes(after, deal.key, { onHand: 2, reserved: 0, available: 2 });
  }, patientTimeoutMs);

  it("access tokens end in time", async () => {
    const expiry = cases.filter(({ needs }) => needs?.includes("accessTokenLifeMs"));
    const worlds = (["rest", "grpc"] as const).map(worldOf);
    const results = (await Promise.all(worlds.map((world) => runCases(world, expiry)))).flat();
    for (const world of worlds) world.close();
    expect(results.map(({ outcome, detail }) => `${outcome} ${detail ?? ""}`)).toEqual(["passed ", "passed "]);
  }, patientTimeoutMs);
});

const seed = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
const rounds = 3;
const buyerCount = 150;
const units = 60;
/** Between the order after which it is killed, and the kill. */
const longestPauseMs = 50;

describe(`end to end - the embedded profile is killed while buyers buy (CRASH_SEED=${seed})`, () => {
  let embedded: EmbeddedPlatform;
  const random = seededRandom(seed);
  beforeAll(async () => {
    embedded = await startEmbedded({ ORDER_PAY_WITHIN: "10m" });
  }, patientTimeoutMs);
  afterAll(() => embedded.stop(), patientTimeoutMs);

  const shared = { crowd: [] };
  it.each(Array.from({ length: rounds }, (_, round) => round + 1))("nothing acknowledged is lost, nothing is sold twice: round %i", async (round) => {
    const protocol = round % 2 === 0 ? "grpc" : "rest";
    const world = createWorld(embedded.platform, protocol, shared);
    const buyers = await world.make.crowd(buyerCount);
    const deal = await world.make.newDeal({ units, perUserLimit: 1 });
    const attempts = buyers.map((buyer): Attempt => ({ buyer, key: world.make.unique("key"), order: undefined, paid: false }));

    const [afterOrders, afterMs] = [Math.floor(random() * units), Math.floor(random() * longestPauseMs)];
    const rush = pooled(attempts, 50, (attempt) => buy(world, attempt, deal.dealId));
    await eventually(async () => assert.ok(attempts.filter(({ order }) => order !== undefined).length >= afterOrders), 30_000, 1);
    await sleep(afterMs);
    await embedded.process.kill();
    await rush;
    world.close();
    const acknowledged = attempts.filter(({ order }) => order !== undefined);
    const paid = acknowledged.filter((attempt) => attempt.paid);
    console.log(`killed ${afterMs} ms after order ${afterOrders}: ${acknowledged.length} orders and ${paid.length} payments were acknowledged`);

    await embedded.process.restart();
    const after = createWorld(embedded.platform, protocol, shared);
    for (const attempt of acknowledged) await isStillThere(after, attempt);
    const stock = await stockOf(after, deal.key);
    expect(units - stock.available).toBeGreaterThanOrEqual(acknowledged.length);

    // Everybody tries again, with the key of the first time.
    await pooled(attempts, 50, (attempt) => eventually(() => buyAgain(after, attempt, deal.dealId), 20_000));
    const orders = await ordersOf(after, deal.dealId);
    const winners = attempts.flatMap(({ order }) => order?.orderId ?? []);
    expect(orders.map(({ orderId }) => orderId).toSorted()).toEqual(winners.toSorted());
    expect(orders).toHaveLength(units);
    const paidCount = orders.filter(({ state }) => state === OrderState.PAID).length;
    expect(paidCount).toBe(attempts.filter((attempt) => attempt.paid).length);
    await stockBecomes(after, deal.key, { onHand: units - paidCount, reserved: units - paidCount, available: 0 }, 20_000);
    after.close();
  }, patientTimeoutMs);
});

/** One buyer's try, and what the platform acknowledged of it. */
interface Attempt {
  readonly buyer: Buyer;
  readonly key: string;
  order: Order | undefined;
  paid: boolean;
}

/** Orders, and pays at once. An answer that never came is no acknowledgement. */
async function buy(world: World, attempt: Attempt, dealId: string): Promise<void> {
  try {
    await buyAgain(world, attempt, dealId);
  } catch {
    // The platform was killed: the outcome is unknown.
  }
}

async function buyAgain({ caller }: World, attempt: Attempt, dealId: string): Promise<void> {
  const options = { token: attempt.buyer.token, key: attempt.key };
  const ordered = await caller.unary(createOrder, { lines: [{ dealId, quantity: 1n }] }, options);
  if (!ordered.ok && ordered.reason === "SOLD_OUT" && attempt.order === undefined) return;
  const order = present(valueOf(ordered).order);
  attempt.order ??= order;
  assert.equal(order.orderId, attempt.order.orderId, "a key answers its own order");
  // Every other buyer pays at once.
  if (Number.parseInt(attempt.buyer.userId.slice(-1), 16) % 2 === 0) return;
  const { orderId } = order;
  valueOf(await caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, options));
  attempt.paid = true;
}

function valueOf<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(describeFailure(outcome));
  return outcome.value;
}

async function isStillThere({ caller }: World, { buyer, order, paid }: Attempt): Promise<void> {
  const acknowledged = present(order);
  const { order: found } = await ok(caller.unary(getOrder, { orderId: acknowledged.orderId }, { token: buyer.token }));
  expect(found?.lines).toEqual(acknowledged.lines);
  assert.ok(!paid || found?.state === OrderState.PAID, "an acknowledged payment is lost");
}

/** mulberry32: numbers from 0 to 1 that a seed repeats. */
function seededRandom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
