import { isDataError } from "@flashdeal/runtime/database";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import type { ReservationStrategy } from "../domain/ports.ts";
import type { ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";
import { stockKeyText, type StockKey } from "../domain/stock.ts";
import { LockUnavailableError, type Locks } from "../redis/locks.ts";
import { countNewestFences, drawFences } from "./gen/fences.sql.ts";
import { listDealsById } from "./gen/deals.sql.ts";
import { dealIdsOf, reserveLooking, type ReserveBatchOptions } from "./reserve-batch.ts";

/** What a strategy under locks outside of the database works with. */
export interface LockStrategyOptions extends ReserveBatchOptions {
  readonly name: string;
  readonly locks: Locks;
  /** Whether writes carry fencing tokens: a holder whose lock ended without his notice is refused by the database. */
  readonly fenced: boolean;
  /** Closes what the locks use. */
  readonly close: () => void;
}

/** The lock that the write was to be done under is somebody else's by now. */
export class FencedOffError extends Error {
  override readonly name = "FencedOffError";
}

/** How long a caller waits who did not get a lock, in milliseconds. */
const afterLockMs = 200;

/**
 * Reserves under locks outside of the database, one per key of stock, taken in the order of the keys: under them each call looks, decides and
 * writes. The lock only keeps others away; that nothing is sold twice when it fails is up to the database, where a write finds the rows as
 * they were read (version) or is undone, and where an old fencing token is refused.
 */
export function createLockStrategy(options: LockStrategyOptions): ReservationStrategy {
  const { name, locks, close } = options;
  const inOrder = createOrderly();
  return {
    name,
    async reserve(entries, signal) {
      const keys = await inOrder(keysOf(options, entries));
      try {
        return await locks.hold(keys.map(stockKeyText), signal, ({ lost }) =>
          reserveApart(options, entries, keys, signal === undefined ? lost : AbortSignal.any([signal, lost])),
        );
      } catch (error) {
        if (!(error instanceof LockUnavailableError || error instanceof FencedOffError)) throw error;
        throw reasonError(ErrorReason.SERVICE_UNAVAILABLE, "The lock on the stock was not to be had. Nothing was done. Try again.", { retryAfterMs: afterLockMs, cause: error });
      }
    },
    drain: async () => close(),
  };
}

/** Answers in the order of the calls, whichever answer is there first: so callers queue up for the locks as they came. */
function createOrderly(): <T>(answer: Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (answer) => {
    const ahead = last;
    last = Promise.allSettled([ahead, answer]);
    return ahead.then(() => answer);
  };
}

/** What the deals sell never changes, so it may be looked up before the lock. */
async function keysOf({ database }: LockStrategyOptions, entries: readonly ReserveEntry[]): Promise<readonly StockKey[]> {
  const deals = await listDealsById(database, { dealIds: dealIdsOf(entries) });
  return [...new Map(deals.map((deal): [string, StockKey] => [stockKeyText(deal), deal])).values()];
}

/** Where the database refuses the data of a call, halves are tried apart, so that the entry at fault fails alone. */
async function reserveApart(options: LockStrategyOptions, entries: readonly ReserveEntry[], keys: readonly StockKey[], signal: AbortSignal): Promise<readonly ReserveOutcome[]> {
  try {
    return await reserveFenced(options, entries, keys, signal);
  } catch (cause) {
    if (!isDataError(cause)) throw cause;
    if (entries.length === 1) return [{ kind: "failed", cause }];
    const middle = Math.ceil(entries.length / 2);
    const first = await reserveApart(options, entries.slice(0, middle), keys, signal);
    return [...first, ...(await reserveApart(options, entries.slice(middle), keys, signal))];
  }
}

async function reserveFenced(options: LockStrategyOptions, entries: readonly ReserveEntry[], keys: readonly StockKey[], signal: AbortSignal): Promise<readonly ReserveOutcome[]> {
  const { database, fenced } = options;
  if (!fenced || keys.length === 0) return reserveLooking(options, entries, signal, async () => {});
  const columns = { vendorItemIds: keys.map(({ vendorItemId }) => vendorItemId), fulfillmentCenterIds: keys.map(({ fulfillmentCenterId }) => fulfillmentCenterId) };
  const drawn = new Map((await drawFences(database, columns)).map((fence) => [stockKeyText(fence), fence.token]));
  const tokens = keys.map((key) => drawn.get(stockKeyText(key)) ?? -1n);
  return reserveLooking(options, entries, signal, async (tx) => {
    const newest = await countNewestFences(tx, { ...columns, tokens });
    if (newest?.fences !== BigInt(keys.length)) throw new FencedOffError("a newer holder of the lock has come");
  });
}
