import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Histogram } from "hdr-histogram-js";
import type { Buyer, PreparedDeal } from "./prepare.ts";
import type { ShopClient } from "./shop-client.ts";

/** What the rush came to, as the buyers saw it. */
export interface RushResult {
  /** Orders that a buyer got and paid for. */
  readonly orderIds: readonly string[];
  readonly soldOut: number;
  /** Reason -> count, of everything that is neither a sale nor sold out. */
  readonly errors: ReadonlyMap<string, number>;
  /** Buyers whose repeated call with the same key answered another order than the first: must be 0. */
  readonly repeatMismatches: number;
  readonly repeats: number;
  readonly retries: number;
  /** From the first call to the last answer to an order. */
  readonly elapsedMs: number;
}

export interface RushOptions {
  /** Calls in flight at most. */
  readonly concurrency: number;
  /** Every n-th buyer repeats the order call with the same key, at the same moment. 0: nobody. */
  readonly repeatEvery: number;
  /** Milliseconds of each order call as its buyer felt it, retries included. */
  readonly latencies: Histogram;
  readonly onDone: () => void;
}

/** Lets every buyer order one unit and pay for it. */
export async function rush(
  shop: ShopClient,
  deal: PreparedDeal,
  buyers: readonly Buyer[],
  options: RushOptions,
): Promise<RushResult> {
  const orderIds: string[] = [];
  const errors = new Map<string, number>();
  const count = (reason: string) => errors.set(reason, (errors.get(reason) ?? 0) + 1);
  let soldOut = 0;
  let repeats = 0;
  let repeatMismatches = 0;
  let retries = 0;
  let next = 0;
  const started = performance.now();
  let lastAnswer = started;

  const order = async (buyer: Buyer, key: string) => {
    const sent = performance.now();
    const answer = await shop.call("POST", "/v1/orders", {
      token: buyer.token,
      key,
      body: { lines: [{ dealId: deal.dealId, quantity: "1" }] },
    });
    lastAnswer = performance.now();
    options.latencies.recordValue(Math.max(1, Math.round((lastAnswer - sent) * 1_000)));
    retries += answer.attempts - 1;
    return answer;
  };

  const buy = async (buyer: Buyer, index: number): Promise<void> => {
    const key = randomUUID();
    const twice = options.repeatEvery > 0 && index % options.repeatEvery === 0;
    const [answer, again] = await Promise.all([order(buyer, key), twice ? order(buyer, key) : undefined]);
    if (again !== undefined) {
      repeats += 1;
      repeatMismatches += again.body["orderId"] === answer.body["orderId"] ? 0 : 1;
    }
    if (answer.reason === "SOLD_OUT") {
      soldOut += 1;
      return;
    }
    if (answer.status !== 200) {
      count(`order: ${answer.reason}`);
      return;
    }
    const orderId = String(answer.body["orderId"]);
    const paid = await shop.call("POST", `/v1/orders/${orderId}:pay`, {
      token: buyer.token,
      key: randomUUID(),
      body: { paymentToken: "sandbox-ok" },
    });
    if (paid.status === 200 && paid.body["state"] === "ORDER_STATE_PAID") {
      orderIds.push(orderId);
    } else {
      count(`pay: ${paid.reason}`);
    }
  };

  const worker = async (): Promise<void> => {
    for (let index = next++; index < buyers.length; index = next++) {
      const buyer = buyers[index];
      if (buyer !== undefined) {
        await buy(buyer, index);
        options.onDone();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, buyers.length) }, worker));
  return { orderIds, soldOut, errors, repeats, repeatMismatches, retries, elapsedMs: lastAnswer - started };
}
