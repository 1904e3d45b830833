import type { Logger } from "@flashdeal/runtime/telemetry";
import type { ResolveEntry } from "../domain/decide-resolutions.ts";
import type { Clock, OrderLookup, OverdueHold, ReservationStore } from "../domain/ports.ts";
import { settleHold } from "../domain/settle-hold.ts";

/** What the sweeper needs. */
export interface HoldSweeperOptions {
  readonly reservations: ReservationStore;
  readonly orders: OrderLookup;
  readonly clock: Clock;
  readonly log: Logger;
  /** A hold is looked into when it is this long past its time: the order service's own expiry comes first. */
  readonly graceMs: number;
  /** Holds asked about at once, 1 to 1,000. */
  readonly batchSize: number;
}

/** What one sweep came to. */
export interface SweepResult {
  readonly overdue: number;
  readonly settled: number;
}

/**
 * Goes through every hold that is past its time, batch by batch, and settles it as the order behind it says. Throws where
 * the order service does not answer: what is not known is left alone.
 */
export async function sweepHolds(options: HoldSweeperOptions, signal: AbortSignal): Promise<SweepResult> {
  const { reservations, clock, log, graceMs, batchSize } = options;
  const expiredBy = new Date(clock.now().getTime() - graceMs);
  let after: OverdueHold | undefined;
  let overdue = 0;
  let settled = 0;
  while (!signal.aborted) {
    const holds = await reservations.listOverdueHolds(expiredBy, after, batchSize);
    overdue += holds.length;
    settled += holds.length === 0 ? 0 : await settle(options, holds, signal);
    after = holds.at(-1);
    if (holds.length < batchSize) break;
  }
  if (settled > 0) log.info({ overdue, settled }, "settled holds that were past their time");
  return { overdue, settled };
}

async function settle({ reservations, orders }: HoldSweeperOptions, holds: readonly OverdueHold[], signal: AbortSignal): Promise<number> {
  const standings = await orders.resolveReservations(holds.map((hold) => hold.reservationId), signal);
  const entries = holds.flatMap(({ reservationId }): ResolveEntry[] => {
    const intent = settleHold(standings.get(reservationId) ?? "UNKNOWN");
    return intent === undefined ? [] : [{ reservationId, intent, orderId: undefined }];
  });
  if (entries.length === 0) return 0;
  const outcomes = await reservations.resolve(entries, "product", signal);
  return outcomes.filter((outcome) => outcome.kind === "resolved").length;
}
