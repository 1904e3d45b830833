import { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { OrderService, OrderState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Protocol } from "./caller/caller.ts";
import { cases } from "./cases/index.ts";
import { runCases } from "./run-cases.ts";
import { startEmbedded, type EmbeddedPlatform } from "./testing/start-embedded.ts";
import { createWorld } from "./world/create-world.ts";
import { ok, present } from "./world/expect.ts";
import { stockBecomes } from "./world/stock-state.ts";

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

  it("told to stop in the midst of a rush, it answers whom it has taken, and each key has one order after all", async () => {
    const world = worldOf("grpc");
    const [buyer, deal] = [await world.make.newBuyer(), await world.make.newDeal({ units: 1_000 })];
    const keys = Array.from({ length: 400 }, () => world.make.unique("rush"));
    const order = (at: typeof world, key: string, token: string) => at.caller.unary(createOrder, { lines: [{ dealId: deal.dealId, quantity: 1n }] }, { token, key });
    let answered = 0;
    const rush = keys.map(async (key) => {
      const outcome = await order(world, key, buyer.token).catch(() => undefined);
      answered++;
      return outcome;
    });
    await expect.poll(() => answered, { interval: 1 }).toBeGreaterThan(0);
    await embedded.process.restart();
    const first = await Promise.all(rush);
    world.close();
    const codes = new Set(first.flatMap((outcome) => (outcome === undefined || outcome.ok ? [] : [outcome.code])));
    expect([...codes].filter((code) => code !== "UNAVAILABLE")).toEqual([]);

    const after = worldOf("grpc");
    const tokens = present((await ok(after.caller.unary(AuthService.method.refreshToken, { refreshToken: buyer.refreshToken }))).tokens);
    const second = await Promise.all(keys.map((key) => ok(order(after, key, tokens.accessToken))));
    const ids = second.map((answer) => present(answer.order).orderId);
    expect(new Set(ids).size).toBe(keys.length);
    const kept = first.flatMap((outcome, index) => (outcome?.ok === true ? [[present(outcome.value.order).orderId, ids[index]]] : []));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.filter(([before, now]) => before !== now)).toEqual([]);
    await stockBecomes(after, deal.key, { onHand: 1_000, reserved: 400, available: 600 });
    after.close();
  }, patientTimeoutMs);

  it("access tokens end in time", async () => {
    const expiry = cases.filter(({ needs }) => needs?.includes("accessTokenLifeMs"));
    const worlds = (["rest", "grpc"] as const).map(worldOf);
    const results = (await Promise.all(worlds.map((world) => runCases(world, expiry)))).flat();
    for (const world of worlds) world.close();
    expect(results.map(({ outcome, detail }) => `${outcome} ${detail ?? ""}`)).toEqual(["passed ", "passed "]);
  }, patientTimeoutMs);
});
