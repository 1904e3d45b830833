import { AsyncLocalStorage } from "node:async_hooks";
import { createBatchRate } from "./batch-rate.ts";
import { LinkedSet, type Link } from "../memory/linked-set.ts";
import type { CallSignal } from "../rpc/call-signal.ts";
import { runIsolated } from "./isolate.ts";
import { noBatchMetrics, type BatchMetrics } from "./metrics.ts";

/** What became of one item. All but `done` say that the item's own outcome did not come. */
export type Settled<Outcome> =
  | { readonly kind: "done"; readonly outcome: Outcome }
  /** The queue was full: nothing was done. `retryAfterMs`: about how long the queue takes to empty. */
  | { readonly kind: "overloaded"; readonly retryAfterMs: number }
  /** The caller's signal fired while the item waited: nothing was done. */
  | { readonly kind: "aborted"; readonly reason: unknown }
  /** The process is stopping: nothing was done. */
  | { readonly kind: "stopped" }
  /** This item alone fails its batch, and would fail again. Nothing was done. */
  | { readonly kind: "failed"; readonly cause: unknown }
  /** The batch broke for a reason that is not an item's; it may or may not have been done. */
  | { readonly kind: "unknown"; readonly cause: unknown };

/** Keeps batches that run at once in the order in which they began, at the point that matters. */
export interface Turn {
  /** Resolves when every batch before this one has passed the point, or ended. */
  readonly ahead: Promise<void>;
  /** This batch has passed it. */
  pass(): void;
}

/** How batches are made. */
export interface GroupCommitOptions<Item, Outcome> {
  /** For the metrics: `order-create`. */
  readonly name: string;
  /** Most items of one batch. */
  readonly maxBatchSize: number;
  /** Most items that wait; further ones are refused at once. Items in flight do not count. */
  readonly maxQueued: number;
  /** Batches that run at once. Above 1 they may commit in any order, unless `run` takes turns. Default: 1. */
  readonly maxInFlight?: number;
  /**
   * While others are in flight, a batch leaves only when it has this many items: several small batches cost more than one. Default: 1.
   */
  readonly minConcurrentSize?: number;
  /**
   * Runs a batch, all of it or nothing: one outcome per item in the same order. The signal fires when the process cannot wait
   * any longer. What is first come first served also among batches that run at once awaits its turn before, and passes it on after.
   */
  readonly run: (items: readonly Item[], signal: AbortSignal, turn: Turn) => Promise<readonly Outcome[]>;
  /**
   * Whether an item may be what failed the batch, and nothing was done. Then halves are tried apart, until the item at fault
   * fails alone. Otherwise (connection lost, outcome of the commit not known) nothing is tried again.
   */
  readonly isItemFault: (error: unknown) => boolean;
  /** Default: none. */
  readonly metrics?: BatchMetrics;
}

/** Gathers concurrent work into batches. */
export interface GroupCommit<Item, Outcome> {
  /** Hands in one item. Never rejects. */
  submit(item: Item, signal?: CallSignal): Promise<Settled<Outcome>>;
  /**
   * Hands in several, next to each other, though not always in one batch; where the queue has no room for all of them, none is
   * taken. One outcome per item in the same order. Never rejects.
   */
  submitAll(items: readonly Item[], signal?: CallSignal): Promise<readonly Settled<Outcome>[]>;
  /** Takes nothing new, and resolves when all that waits is done; when `signal` fires, what still waits is given up. */
  drain(signal?: AbortSignal): Promise<void>;
}

interface Ticket<Item, Outcome> {
  readonly item: Item;
  readonly enqueuedMs: number;
  settle(settled: Settled<Outcome>): void;
}

/**
 * Group commit with natural batching: what arrives in one turn of the event loop leaves at once where nothing is in flight, and
 * what arrives while a batch is in flight leaves together when that is done. So an idle system adds no delay, and a busy one
 * makes its batches as large as the load needs. First come, first served.
 */
export function createGroupCommit<Item, Outcome>(options: GroupCommitOptions<Item, Outcome>): GroupCommit<Item, Outcome> {
  const { name, maxBatchSize, maxQueued, maxInFlight = 1, minConcurrentSize = 1, metrics = noBatchMetrics } = options;
  for (const [limit, value] of Object.entries({ maxBatchSize, maxQueued, maxInFlight, minConcurrentSize })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name}: ${limit} must be a whole number from 1`);
  }
  const observed = metrics.of(name);
  const rate = createBatchRate();
  // In the order of arrival; an aborted item leaves from anywhere.
  const queue = new LinkedSet<Ticket<Item, Outcome>>();
  const giveUp = new AbortController();
  let inFlight = 0;
  let scheduled = false;
  let drained: PromiseWithResolvers<void> | undefined;

  const takeBatch = (): Ticket<Item, Outcome>[] => {
    const batch: Ticket<Item, Outcome>[] = [];
    while (batch.length < maxBatchSize) {
      const ticket = queue.shift();
      if (ticket === undefined) break;
      batch.push(ticket);
    }
    return batch;
  };

  const takeTurn = createTurns();
  const runBatch = async (batch: readonly Ticket<Item, Outcome>[]): Promise<void> => {
    const startMs = performance.now();
    const turn = takeTurn();
    observed({ size: batch.length, queued: queue.size, longestWaitMs: startMs - (batch[0]?.enqueuedMs ?? startMs) });
    const settled = await runIsolated(batch.map(({ item }) => item), (items) => options.run(items, giveUp.signal, turn), options.isItemFault);
    turn.pass();
    rate.note(batch.length, performance.now() - startMs);
    inFlight--;
    // The next batch leaves before this one's callers are answered: answering takes longer than sending.
    dispatch();
    batch.forEach((ticket, index) => ticket.settle(settled[index] ?? { kind: "unknown", cause: new Error(`${name} answered fewer outcomes than items`) }));
    if (drained !== undefined && inFlight === 0 && queue.size === 0) drained.resolve();
  };

  // A batch is the work of several calls: it runs in the context of none of them (trace).
  const dispatch = AsyncLocalStorage.bind((): void => {
    while (inFlight < maxInFlight && queue.size >= (inFlight === 0 ? 1 : minConcurrentSize)) {
      inFlight++;
      void runBatch(takeBatch());
    }
  });

  const schedule = (): void => {
    if (scheduled || inFlight >= maxInFlight) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      dispatch();
    });
  };

  const refusalOf = (items: number, signal: CallSignal | undefined): Settled<Outcome> | undefined => {
    if (drained !== undefined) return { kind: "stopped" };
    if (signal?.aborted === true) return { kind: "aborted", reason: signal.reason };
    if (queue.size + items <= maxQueued) return undefined;
    return { kind: "overloaded", retryAfterMs: rate.estimateMs(queue.size / maxInFlight) };
  };

  const submitAll = (items: readonly Item[], signal?: CallSignal): Promise<readonly Settled<Outcome>[]> => {
    if (items.length === 0) return Promise.resolve([]);
    const refused = refusalOf(items.length, signal);
    if (refused !== undefined) return Promise.resolve(items.map(() => refused));
    const { promise, resolve } = Promise.withResolvers<readonly Settled<Outcome>[]>();
    const enqueuedMs = performance.now();
    const answers: Settled<Outcome>[] = [];
    let open = items.length;
    const settle = (index: number, settled: Settled<Outcome>): void => {
      answers[index] = settled;
      open--;
      if (open > 0) return;
      signal?.removeEventListener("abort", onAbort);
      resolve(answers);
    };
    const onAbort = (): void => {
      for (const link of links) if (queue.delete(link)) link.value.settle({ kind: "aborted", reason: signal?.reason });
    };
    const links = items.map((item, index): Link<Ticket<Item, Outcome>> => queue.add({ item, enqueuedMs, settle: (settled) => settle(index, settled) }));
    signal?.addEventListener("abort", onAbort);
    schedule();
    return promise;
  };

  // As `submitAll` for one, without what several need: calls wait here by the thousand.
  const submit = (item: Item, signal?: CallSignal): Promise<Settled<Outcome>> => {
    const refused = refusalOf(1, signal);
    if (refused !== undefined) return Promise.resolve(refused);
    return new Promise((resolve) => {
      const settle = (settled: Settled<Outcome>): void => {
        signal?.removeEventListener("abort", onAbort);
        resolve(settled);
      };
      const link = queue.add({ item, enqueuedMs: performance.now(), settle });
      const onAbort = (): void => {
        if (queue.delete(link)) settle({ kind: "aborted", reason: signal?.reason });
      };
      signal?.addEventListener("abort", onAbort);
      schedule();
    });
  };

  return {
    submit,
    submitAll,
    drain(signal) {
      if (drained === undefined) {
        drained = Promise.withResolvers<void>();
        const stop = (): void => {
          giveUp.abort(signal?.reason);
          for (let ticket = queue.shift(); ticket !== undefined; ticket = queue.shift()) ticket.settle({ kind: "stopped" });
          drained?.resolve();
        };
        if (inFlight === 0 && queue.size === 0) drained.resolve();
        else if (signal?.aborted === true) stop();
        else signal?.addEventListener("abort", stop, { once: true });
      }
      return drained.promise;
    },
  };
}

/** Each turn comes after those that were taken before. */
function createTurns(): () => Turn {
  let last = Promise.resolve();
  return () => {
    const ahead = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = ahead.then(() => promise);
    return { ahead, pass: resolve };
  };
}
