import { setTimeout as sleep } from "node:timers/promises";
import { OrderService, OrderState, type Order } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import type { Outcome } from "../../caller/outcome.ts";
import type { DealFixture } from "../../world/fixtures.ts";
import type { Buyer, World } from "../../world/world.ts";
import type { History, Operation } from "./history.ts";

const { createOrder, payOrder, cancelOrder, getOrder } = OrderService.method;

/** Who buys what. */
export interface BuyingOptions {
  /** They take turns: REST and gRPC. */
  readonly worlds: readonly World[];
  readonly buyers: readonly Buyer[];
  readonly deals: readonly DealFixture[];
  readonly history: History;
  readonly random: () => number;
  /** Fires when no new order is to be begun. */
  readonly signal: AbortSignal;
  /** Told of each acknowledged order: through which of the worlds, and when the call that was acknowledged began (of `performance.now`). */
  readonly onOrder: (world: World, invokedMs: number) => void;
}

/** Answers that tell for certain that nothing happened. */
const refusals: ReadonlySet<string> = new Set([
  "SOLD_OUT",
  "PURCHASE_LIMIT_REACHED",
  "OVERLOADED",
  "WRONG_STATE",
  "PAYMENT_REFUSED",
  "INVALID_INPUT",
  "ORDER_NOT_FOUND",
]);

const stateNames: ReadonlyMap<OrderState, string> = new Map(Object.entries(OrderState).map(([name, state]) => [state, name]));

const callers = 12;
/** The process numbers of second clicks are beyond all others. */
const secondClick = 100;
const triesPerStep = 4;
const retryPauseMs = 150;

/** Buyers order, pay, cancel, look and leave orders to expire, and say in the history what they asked for and were told. */
export async function buy(options: BuyingOptions): Promise<void> {
  await Promise.all(Array.from({ length: callers }, (_, index) => buyOn(options, index)));
}

async function buyOn(options: BuyingOptions, process: number): Promise<void> {
  const { worlds, buyers, deals, random, signal } = options;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  while (!signal.aborted) {
    const world = pick(worlds);
    const buyer = pick(buyers);
    const wanted = new Set(Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(deals).dealId));
    const lines = [...wanted].map((dealId) => ({ dealId, quantity: 1 + Math.floor(random() * 2) }));
    const key = world.make.unique("order");
    const request = { lines: lines.map(({ dealId, quantity }) => ({ dealId, quantity: BigInt(quantity) })) };
    const operation = { f: "create", key, userId: buyer.userId, lines } as const;
    const order = (way: World, by: number) =>
      insist(options, by, operation, () => way.caller.unary(createOrder, request, { token: buyer.token, key }), { onOk: (invokedMs) => options.onOrder(way, invokedMs) });
    // Now and then somebody clicks twice: the same key over both protocols at once.
    const twice = random() < 0.1 ? worlds.map((way, at) => order(way, process + at * secondClick)) : [order(world, process)];
    const orderId = (await Promise.all(twice)).find((created) => created !== undefined)?.orderId;
    if (orderId === undefined) continue;
    const step = (f: "pay" | "cancel" | "get") => ({ f, key: world.make.unique(f), orderKey: key, orderId });
    const choice = random();
    if (choice < 0.5) {
      const operation = step("pay");
      const paymentToken = choice < 0.07 ? "sandbox-timeout" : choice < 0.14 ? "sandbox-refuse" : "sandbox-ok";
      await insist(options, process, operation, () => world.caller.unary(payOrder, { orderId, paymentToken }, { token: buyer.token, key: operation.key }));
    }
    // With another key the money must not be taken again.
    if (choice < 0.05) {
      const operation = step("pay");
      await insist(options, process, operation, () => world.caller.unary(payOrder, { orderId, paymentToken: "sandbox-ok" }, { token: buyer.token, key: operation.key }));
    }
    if (choice > 0.4 && choice < 0.6) {
      const operation = step("cancel");
      await insist(options, process, operation, () => world.caller.unary(cancelOrder, { orderId }, { token: buyer.token, key: operation.key }));
    }
    await insist(options, process, step("get"), () => world.caller.unary(getOrder, { orderId }, { token: buyer.token }), { tries: 1 });
  }
}

/** Calls, and where nobody knows what came of it, again with the same key a few times; then it stays unknown. */
async function insist(
  { history, signal }: BuyingOptions,
  process: number,
  operation: Operation,
  call: () => Promise<Outcome<{ readonly order?: Order | undefined }>>,
  { tries = triesPerStep, onOk }: { readonly tries?: number; readonly onOk?: (invokedMs: number) => void } = {},
): Promise<Order | undefined> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const invokedMs = performance.now();
    history.add({ process, type: "invoke", operation });
    const outcome = await call().catch((error: unknown) => ({ ok: false as const, reason: error instanceof Error ? error.message : String(error) }));
    if (outcome.ok) {
      const { order } = outcome.value;
      history.add({ process, type: "ok", operation, ...(order && { orderId: order.orderId, state: stateNames.get(order.state) ?? "UNKNOWN" }) });
      onOk?.(invokedMs);
      return order;
    }
    const refused = refusals.has(outcome.reason);
    history.add({ process, type: refused ? "fail" : "info", operation, reason: outcome.reason });
    if (refused) return undefined;
    if (attempt < tries && !signal.aborted) await sleep(retryPauseMs * attempt);
  }
  return undefined;
}
