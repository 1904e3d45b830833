import { setTimeout as sleep } from "node:timers/promises";
import { migrate, type Database } from "@flashdeal/runtime/database";
import { reasonOf, retryAfterMsOf } from "@flashdeal/runtime/errors";
import { v7 as uuidv7 } from "uuid";
import { expect } from "vitest";
import { silentLog } from "@flashdeal/runtime/testing";
import { noBatchMetrics, type BatchLimits } from "@flashdeal/runtime/group-commit";
import { productMigrations } from "../compose.ts";
import { loadProductConfig, type ProductConfig } from "../config.ts";
import type { Deal, NewDeal } from "../domain/deal.ts";
import type { AnswerCodec, Clock, ReservationStore, ReservationStrategy, WriteSession } from "../domain/ports.ts";
import type { DealUnits, ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";
import { createStrategy } from "../store/create-strategy.ts";
import { createReservationStore } from "../store/reservation-store.ts";
import type { TestStrategy } from "./strategies.ts";
import { createWriter } from "../store/writer.ts";

/** A clock that stands still until it is set. */
export interface ManualClock extends Clock {
  set(now: Date): void;
  advance(ms: number): void;
}

/** A way to take holds, by its name. */
export type StrategyName = ProductConfig["reservationStrategy"];

/** Small batches, so that tests with many callers make many of them. */
const smallBatches: BatchLimits = { maxBatchSize: 64, maxQueued: 10_000, maxInFlight: 2, metrics: noBatchMetrics };

/** The time at which tests begin. */
export const testNow = new Date("2026-11-21T12:00:00.000Z");

/** A clock that shows `testNow`. */
export function createManualClock(): ManualClock {
  let now = testNow;
  return {
    now: () => now,
    set: (next) => void (now = next),
    advance: (ms) => void (now = new Date(now.getTime() + ms)),
  };
}

const noCodec: AnswerCodec<never> = {
  encode: () => new Uint8Array(),
  decode: () => {
    throw new Error("nothing was kept");
  },
};

/** What tests of the inventory work with. */
export interface Inventory {
  readonly database: Database;
  readonly clock: ManualClock;
  readonly strategy: ReservationStrategy;
  readonly reservations: ReservationStore;
  /** Runs writes in one transaction, without a key. */
  write<T>(work: (session: WriteSession) => Promise<T>): Promise<T>;
  /** A new product with a deal that is open for an hour, and `units` in stock where that is over 0. */
  openDeal(options?: { readonly units?: bigint } & Partial<NewDeal>): Promise<Deal>;
  /** Holds that nobody else holds. */
  entry(lines: readonly DealUnits[], change?: Partial<ReserveEntry>): ReserveEntry;
  stockOf(deal: Deal): Promise<{ readonly onHand: bigint; readonly reserved: bigint; readonly version: bigint }>;
  /** Units that are counted against the deal's limit for the user. */
  purchasesOf(deal: Deal, userId: string): Promise<bigint>;
  /** Fails where ledger, state, holds, buyers' counts and events do not agree. */
  checkBooks(): Promise<void>;
}

/**
 * Reserves, and comes back as often as it is told to. Of two processes that race for a lock in Redis the slower one may be: nothing keeps their
 * turns fair, and on a slow machine one may be served for longer than the other waits.
 */
export async function reserveAsTold(strategy: ReservationStrategy, entries: readonly ReserveEntry[]): Promise<readonly ReserveOutcome[]> {
  try {
    return await strategy.reserve(entries);
  } catch (error) {
    const retryAfterMs = retryAfterMsOf(error);
    if (reasonOf(error) !== "SERVICE_UNAVAILABLE" || retryAfterMs === undefined) throw error;
    await sleep(retryAfterMs);
    return reserveAsTold(strategy, entries);
  }
}

/** The inventory on a database whose product schema may be empty still. */
export async function createInventory(
  database: Database,
  { name: reservationStrategy, redisUrls: strategyRedisUrls }: TestStrategy = { name: "group-commit", redisUrls: [] },
  bounds: Partial<BatchLimits> = {},
): Promise<Inventory> {
  const limits = { ...smallBatches, ...bounds };
  await migrate(database, productMigrations);
  const clock = createManualClock();
  const writer = createWriter({ database, clock });
  const write = async <T>(work: (session: WriteSession) => Promise<T>): Promise<T> => {
    const outcome = await writer.write<T>(undefined, noCodec as unknown as AnswerCodec<T>, work);
    if (outcome.kind !== "done") throw new Error(outcome.kind);
    return outcome.answer;
  };
  return {
    database,
    clock,
    write,
    strategy: createStrategy({ ...loadProductConfig({}), reservationStrategy, strategyRedisUrls }, { database, clock, log: silentLog }, limits),
    reservations: createReservationStore({ database, clock, limits }),
    openDeal: (options = {}) => write((session) => openDeal(session, clock.now(), options)),
    entry: (lines, change = {}) => ({
      reservationId: uuidv7(),
      userId: uuidv7(),
      lines,
      expireTime: new Date(clock.now().getTime() + 600_000),
      ...change,
    }),
    async stockOf({ vendorItemId, fulfillmentCenterId }) {
      const text = "SELECT on_hand, reserved, version FROM product.stocks WHERE vendor_item_id = $1 AND fulfillment_center_id = $2";
      const { rows } = await database.query({ name: "test.stockOf", text }, [vendorItemId, fulfillmentCenterId]);
      const [onHand, reserved, version] = (rows[0] ?? []) as bigint[];
      return { onHand: onHand ?? 0n, reserved: reserved ?? 0n, version: version ?? 0n };
    },
    async purchasesOf({ dealId }, userId) {
      const text = "SELECT quantity FROM product.deal_purchases WHERE deal_id = $1 AND user_id = $2";
      const { rows } = await database.query({ name: "test.purchasesOf", text }, [dealId, userId]);
      return (rows[0]?.[0] as bigint | undefined) ?? 0n;
    },
    checkBooks: () => checkBooks(database),
  };
}

async function openDeal(session: WriteSession, now: Date, { units = 0n, ...change }: { readonly units?: bigint } & Partial<NewDeal>): Promise<Deal> {
  const price = { currencyCode: "KRW", units: 1_000n, nanos: 0 };
  const vendorItemId = `item-${uuidv7()}`;
  const created = await session.createProducts([{ vendorItemId, name: "Shoes", description: "", price, tags: [] }]);
  const productId = created.kind === "created" ? (created.products[0]?.productId ?? "") : "";
  const endTime = new Date(now.getTime() + 3_600_000);
  const input = { productId, fulfillmentCenterId: "fc", title: undefined, price, startTime: now, endTime, perUserLimit: 0n, ...change };
  const outcome = await session.createDeal(input);
  if (outcome.kind !== "created") throw new Error(outcome.kind);
  if (units > 0n) await session.receiveStock({ vendorItemId, fulfillmentCenterId: input.fulfillmentCenterId, delta: units, reason: "", actor: "test" });
  return outcome.deal;
}

/** Each statement answers what does not agree. */
const contradictions: Readonly<Record<string, string>> = {
  ledger: `SELECT s.vendor_item_id FROM product.stocks s
    LEFT JOIN (SELECT vendor_item_id, fulfillment_center_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved
      FROM product.stock_movements GROUP BY 1, 2) m USING (vendor_item_id, fulfillment_center_id)
    WHERE (s.on_hand, s.reserved) IS DISTINCT FROM (m.on_hand, m.reserved)`,
  holds: `SELECT s.vendor_item_id FROM product.stocks s
    LEFT JOIN (SELECT l.vendor_item_id, l.fulfillment_center_id, sum(l.quantity) AS held FROM product.reservation_lines l
      JOIN product.reservations r USING (reservation_id) WHERE r.state = 'HELD' GROUP BY 1, 2) h USING (vendor_item_id, fulfillment_center_id)
    WHERE s.reserved <> coalesce(h.held, 0)`,
  sales: `SELECT s.vendor_item_id FROM product.stocks s
    LEFT JOIN (SELECT l.vendor_item_id, l.fulfillment_center_id, sum(l.quantity) AS sold FROM product.reservation_lines l
      JOIN product.reservations r USING (reservation_id) WHERE r.state = 'COMMITTED' GROUP BY 1, 2) h USING (vendor_item_id, fulfillment_center_id)
    LEFT JOIN (SELECT vendor_item_id, fulfillment_center_id, sum(on_hand_delta) AS received FROM product.stock_movements
      WHERE kind IN ('RECEIVE', 'ADJUST') GROUP BY 1, 2) m USING (vendor_item_id, fulfillment_center_id)
    WHERE s.on_hand <> m.received - coalesce(h.sold, 0)`,
  purchases: `SELECT deal_id FROM product.deal_purchases p
    FULL JOIN (SELECT l.deal_id, r.user_id, sum(l.quantity) AS quantity FROM product.reservation_lines l
      JOIN product.reservations r USING (reservation_id) WHERE r.state IN ('HELD', 'COMMITTED') AND l.per_user_limit > 0 GROUP BY 1, 2) h USING (deal_id, user_id)
    WHERE coalesce(p.quantity, 0) <> coalesce(h.quantity, 0)`,
  lines: `SELECT reservation_id FROM product.reservations r
    WHERE NOT EXISTS (SELECT FROM product.reservation_lines l WHERE l.reservation_id = r.reservation_id)`,
  events: `SELECT s.vendor_item_id FROM product.stocks s
    LEFT JOIN (SELECT aggregate_key, count(*) AS events FROM product.outbox
      WHERE subject = 'flashdeal.product.v1.StockChanged' GROUP BY 1) o ON o.aggregate_key = s.vendor_item_id || '/' || s.fulfillment_center_id
    WHERE s.version <> coalesce(o.events, 0)`,
};

async function checkBooks(database: Database): Promise<void> {
  for (const [what, text] of Object.entries(contradictions)) {
    const { rows } = await database.query({ name: `test.contradictions.${what}`, text }, []);
    expect(rows, `contradictions in ${what}`).toEqual([]);
  }
}
