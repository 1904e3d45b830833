import { isDataError } from "@flashdeal/runtime/database";
import { createGroupCommit, outcomesOf, type BatchLimits, type Turn } from "@flashdeal/runtime/group-commit";
import type { Logger } from "@flashdeal/runtime/telemetry";
import { decideHolds } from "../domain/decide-holds.ts";
import type { ReservationStrategy } from "../domain/ports.ts";
import { sumLines, type ReserveEntry, type ReserveOutcome } from "../domain/reservation.ts";
import { stockKeyText } from "../domain/stock.ts";
import type { GateEntry, GateReply, GateState, UnitGate } from "../redis/unit-gate.ts";
import { listDealsById } from "./gen/deals.sql.ts";
import { listStocksByKey } from "./gen/stocks.sql.ts";
import { dealIdsOf, look, reserveBatch, type LockedInputs, type ReserveBatchOptions } from "./reserve-batch.ts";

/** What the gate in front of the database works with. */
export interface RedisLuaStrategyOptions extends ReserveBatchOptions {
  readonly gate: UnitGate;
  readonly limits: BatchLimits;
  readonly log: Pick<Logger, "warn">;
}

/** Deals whose keys are remembered; they never change. */
const maxKnownDeals = 100_000;
/** A grant that was not ended after this long was forgotten: longer than any statement and its retries may take. */
const forgottenAfterMs = 60_000;
const maxForgotten = 500;
/** A gate that did not answer is not asked for this long. */
const awayPauseMs = 1_000;

/**
 * Reserves through a gate in Redis: a script counts the units of all lines of a hold down, or of none, and only who gets through joins a group
 * commit in the database, which decides. Who does not get through is answered by a look at the database without a lock, so that a gate that is
 * wrong refuses nobody whom the database could serve. An answer is given when the hold is in the database, and never on the word of Redis; where
 * Redis is away, everybody gets through.
 */
export function createRedisLuaStrategy(options: RedisLuaStrategyOptions): ReservationStrategy {
  const dealKeys = createDealKeys(options);
  const away = { untilMs: 0 };
  const batches = createGroupCommit<ReserveEntry, ReserveOutcome>({
    ...options.limits,
    name: "product-reserve",
    run: (entries, signal, turn) => reserveGated({ ...options, dealKeys, away, signal, turn }, entries),
    isItemFault: isDataError,
  });
  return {
    name: "redis-lua",
    reserve: async (entries, signal) => outcomesOf(await batches.submitAll(entries, signal), failed),
    reconcile: () => endForgotten(options),
    async drain() {
      await batches.drain();
      options.gate.close();
    },
  };
}

function failed(cause: unknown, isKnown: boolean): ReserveOutcome {
  if (!isKnown) throw cause;
  return { kind: "failed", cause };
}

type DealKeys = (entries: readonly ReserveEntry[]) => Promise<ReadonlyMap<string, string>>;

/** The key that each deal sells. A deal that does not exist is absent. */
function createDealKeys({ database }: RedisLuaStrategyOptions): DealKeys {
  const known = new Map<string, string>();
  return async (entries) => {
    const missing = dealIdsOf(entries).filter((dealId) => !known.has(dealId));
    if (missing.length > 0) {
      if (known.size > maxKnownDeals) known.clear();
      for (const deal of await listDealsById(database, { dealIds: missing })) known.set(deal.dealId, stockKeyText(deal));
    }
    return known;
  };
}

interface BatchOptions extends RedisLuaStrategyOptions {
  readonly dealKeys: DealKeys;
  /** Until when the gate is left alone, by `performance.now()`. What it still has of the past is ended by `endForgotten`. */
  readonly away: { untilMs: number };
  readonly signal: AbortSignal;
  readonly turn: Turn;
}

/** The gate and the locks of a batch come after those of the batches before it: what the gate leaves over is theirs. */
async function reserveGated(options: BatchOptions, entries: readonly ReserveEntry[]): Promise<readonly ReserveOutcome[]> {
  const keys = await options.dealKeys(entries);
  await options.turn.ahead;
  const replies = await askGate(options, entries, keys);
  const outcomes = new Map<ReserveEntry, ReserveOutcome>();
  const short = refusable(entries, replies, keys);
  if (short.length > 0) await refuse(options, short, outcomes);
  const through = entries.filter((entry) => !outcomes.has(entry));
  if (through.length > 0) {
    const decided = await reserveThrough(options, through);
    through.forEach((entry, index) => outcomes.set(entry, decided[index] ?? { kind: "failed", cause: new Error("an entry was not decided") }));
    await settle(options, keys, through);
  }
  return entries.map((entry) => outcomes.get(entry) ?? { kind: "failed", cause: new Error("an entry was not decided") });
}

/** Those without units who ask for none that somebody before them may still get: what they are told must not depend on him. */
function refusable(entries: readonly ReserveEntry[], replies: readonly GateReply[], keys: ReadonlyMap<string, string>): readonly ReserveEntry[] {
  const wanted = new Set<string>();
  return entries.filter(({ lines }, index) => {
    const own = lines.flatMap(({ dealId }) => keys.get(dealId) ?? []);
    if (replies[index] === "short" && !own.some((key) => wanted.has(key))) return true;
    own.forEach((key) => wanted.add(key));
    return false;
  });
}

/** One reply per entry. Redis that is away lets everybody through, as do deals that do not exist: the database says so. */
async function askGate({ gate, clock, database, log, away }: BatchOptions, entries: readonly ReserveEntry[], keys: ReadonlyMap<string, string>): Promise<readonly GateReply[]> {
  if (performance.now() < away.untilMs) return entries.map(() => "granted");
  const wanted = entries.map((entry) => gateEntry(entry, keys));
  const asked = wanted.filter((entry) => entry !== undefined);
  try {
    let replies = await gate.grant(asked, clock.now());
    if (replies.includes("unknown")) {
      const unknown = asked.filter((_, index) => replies[index] === "unknown").flatMap(({ units }) => [...units.keys()]);
      await gate.settle(await readStates(database, unknown), []);
      // Those that were granted are so again, and are not counted twice.
      replies = await gate.grant(asked, clock.now());
    }
    const answers = replies.values();
    return wanted.map((entry) => (entry === undefined ? "granted" : (answers.next().value ?? "granted")));
  } catch (error) {
    away.untilMs = performance.now() + awayPauseMs;
    log.warn({ err: error }, "the gate in Redis is away; every hold goes to the database");
    return entries.map(() => "granted");
  }
}

function gateEntry({ reservationId, lines }: ReserveEntry, keys: ReadonlyMap<string, string>): GateEntry | undefined {
  const units = new Map<string, bigint>();
  for (const { dealId, quantity } of sumLines(lines)) {
    const key = keys.get(dealId);
    if (key === undefined) return undefined;
    units.set(key, (units.get(key) ?? 0n) + quantity);
  }
  return { reservationId, units };
}

/** The counts of keys in the database; a key without a row has none. */
async function readStates(database: ReserveBatchOptions["database"], keys: readonly string[]): Promise<readonly GateState[]> {
  const parts = [...new Set(keys)].map((key) => key.split("/"));
  const columns = { vendorItemIds: parts.map(([vendorItemId = ""]) => vendorItemId), fulfillmentCenterIds: parts.map(([, center = ""]) => center) };
  const found = new Map((await listStocksByKey(database, columns)).map((row) => [stockKeyText(row), row]));
  return [...new Set(keys)].map((key) => ({ onHand: 0n, reserved: 0n, version: 0n, ...found.get(key), key }));
}

/** The gate has no units for these. What the database would refuse too is refused, in its words; the rest is left to it. */
async function refuse({ database, clock, gate }: RedisLuaStrategyOptions, short: readonly ReserveEntry[], outcomes: Map<ReserveEntry, ReserveOutcome>): Promise<void> {
  const inputs = await look(database, short, clock);
  // Each by itself: what another one of them may get is not decided here, and he may not get it.
  short.forEach((entry) => {
    const [decision] = decideHolds([entry], inputs);
    if (decision !== undefined && (decision.kind !== "held" || !decision.isNew)) outcomes.set(entry, decision);
  });
  await gate.settle(statesOf(inputs), []).catch(() => undefined);
}

function statesOf({ stocks }: LockedInputs): GateState[] {
  return [...stocks].map(([key, { onHand, reserved, version }]) => ({ key, onHand, reserved, version }));
}

/** What the database refuses for good gives its units back to the gate; where the outcome is not known, they wait until it is. */
async function reserveThrough(options: BatchOptions, through: readonly ReserveEntry[]): Promise<readonly ReserveOutcome[]> {
  try {
    return await reserveBatch(options, through, options.signal, options.turn);
  } catch (error) {
    if (isDataError(error)) await options.gate.settle([], idsOf(through)).catch(() => undefined);
    throw error;
  }
}

/** Ends the grants of holds that are decided, with counts that were read after that. What is lost here is ended by `endForgotten`. */
async function settle({ database, gate, log, away }: BatchOptions, keys: ReadonlyMap<string, string>, decided: readonly ReserveEntry[]): Promise<void> {
  if (performance.now() < away.untilMs) return;
  try {
    const touched = decided.flatMap(({ lines }) => lines.flatMap(({ dealId }) => keys.get(dealId) ?? []));
    await gate.settle(await readStates(database, touched), idsOf(decided));
  } catch (error) {
    away.untilMs = performance.now() + awayPauseMs;
    log.warn({ err: error }, "the gate in Redis does not know yet what became of some holds");
  }
}

function idsOf(entries: readonly ReserveEntry[]): string[] {
  return entries.map(({ reservationId }) => reservationId);
}

/** Ends what was granted to callers that died. The database has decided by now, or will when it is asked: either way its counts say what is left. */
async function endForgotten({ gate, database, clock }: RedisLuaStrategyOptions): Promise<void> {
  for (;;) {
    const forgotten = await gate.listForgotten(new Date(clock.now().getTime() - forgottenAfterMs), maxForgotten);
    if (forgotten.length === 0) return;
    const states = await readStates(database, forgotten.flatMap(({ keys }) => keys));
    await gate.settle(states, forgotten.map(({ reservationId }) => reservationId));
    if (forgotten.length < maxForgotten) return;
  }
}
