import type { Money, TotalFault } from "./money.ts";
import type { StockKey } from "./stock.ts";

/** HELD is resolved at most once; a COMMITTED one can still be RETURNED by a refund. */
export type ReservationState = "HELD" | "COMMITTED" | "RELEASED" | "EXPIRED" | "RETURNED";

/** Units of one deal. */
export interface DealUnits {
  readonly dealId: string;
  readonly quantity: bigint;
}

/** One line of a hold, with the deal's terms, which never change. */
export interface ReservedLine extends DealUnits, StockKey {
  readonly productId: string;
  readonly title: string;
  readonly unitPrice: Money;
  /** 0: none, and what its buyers have is not counted. */
  readonly perUserLimit: bigint;
}

/** A hold on units of one or several deals, each deal once. */
export interface Reservation {
  readonly reservationId: string;
  readonly userId: string;
  readonly state: ReservationState;
  readonly lines: readonly ReservedLine[];
  readonly expireTime: Date;
  readonly createTime: Date;
}

/** A hold that somebody asks for. The id is the asker's, so that a retry meets its own hold. */
export interface ReserveEntry {
  readonly reservationId: string;
  readonly userId: string;
  readonly lines: readonly DealUnits[];
  readonly expireTime: Date;
}

/** Why there is no hold. */
export type Refusal =
  | { readonly kind: "deal-not-found"; readonly dealId: string }
  | { readonly kind: "deal-cancelled"; readonly dealId: string }
  | { readonly kind: "deal-not-started"; readonly dealId: string; readonly startTime: Date }
  | { readonly kind: "deal-ended"; readonly dealId: string; readonly endTime: Date }
  | { readonly kind: "purchase-limit-reached"; readonly dealId: string; readonly perUserLimit: bigint }
  | { readonly kind: "sold-out"; readonly dealId: string; readonly available: bigint }
  | { readonly kind: "reservation-id-reused"; readonly field: "user_id" | "lines" }
  | { readonly kind: "lines-without-total"; readonly fault: TotalFault };

/** What became of one entry. `failed`: the database refused this entry alone; the caller may ask again with the same id. */
export type ReserveOutcome = { readonly kind: "held"; readonly reservation: Reservation } | Refusal | { readonly kind: "failed"; readonly cause: unknown };

/** Lines with each deal once, quantities summed, in the order in which the deals first appear. */
export function sumLines(lines: readonly DealUnits[]): readonly DealUnits[] {
  if (lines.length === 1) return lines;
  const sums = new Map<string, bigint>();
  for (const { dealId, quantity } of lines) sums.set(dealId, (sums.get(dealId) ?? 0n) + quantity);
  return [...sums].map(([dealId, quantity]) => ({ dealId, quantity }));
}
