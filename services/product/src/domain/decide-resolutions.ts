import type { Reservation, ReservationState } from "./reservation.ts";
import type { MovementKind } from "./stock.ts";

/** What shall become of a hold. REFUND gives sold units back, and those of a sale that was not heard of yet too. */
export type ResolutionIntent = "COMMIT" | "RELEASE" | "EXPIRE" | "REFUND";

/** One hold to resolve. */
export interface ResolveEntry {
  readonly reservationId: string;
  readonly intent: ResolutionIntent;
  /** The order behind it, where known; kept in the movements. */
  readonly orderId: string | undefined;
  /** Why, in words; kept in the movements. Default: empty. */
  readonly reason?: string;
}

/** What became of one hold. `unchanged`: it was there already. `resolved-otherwise`: it went another way before. */
export type ResolveOutcome =
  | { readonly kind: "resolved"; readonly reservation: Reservation }
  | { readonly kind: "unchanged"; readonly reservation: Reservation }
  | { readonly kind: "resolved-otherwise"; readonly reservation: Reservation }
  | { readonly kind: "reservation-not-found"; readonly reservationId: string };

/** A movement that a resolution makes, for all lines of the hold. */
export interface ResolutionStep {
  readonly reservation: Reservation;
  readonly kind: MovementKind;
  readonly orderId: string | undefined;
  /** Which of the entries asked for it. */
  readonly entryIndex: number;
}

/** A reservation that goes from one state to another in this batch. */
export interface StateChange {
  readonly reservationId: string;
  readonly from: ReservationState;
  readonly to: ReservationState;
  readonly orderId: string | undefined;
}

/** What a batch of resolutions comes to. */
export interface ResolutionDecision {
  /** In the order of the entries. */
  readonly outcomes: readonly ResolveOutcome[];
  readonly steps: readonly ResolutionStep[];
  /** Each reservation at most once. */
  readonly changes: readonly StateChange[];
}

const stateAfter = { COMMIT: "COMMITTED", RELEASE: "RELEASED", EXPIRE: "EXPIRED", RETURN: "RETURNED" } as const;

type Step = keyof typeof stateAfter;

/** The steps from each state to each intent; empty: nothing to do; absent: it went another way. */
const paths: Readonly<Record<ReservationState, Readonly<Partial<Record<ResolutionIntent, readonly Step[]>>>>> = {
  HELD: { COMMIT: ["COMMIT"], RELEASE: ["RELEASE"], EXPIRE: ["EXPIRE"], REFUND: ["COMMIT", "RETURN"] },
  COMMITTED: { COMMIT: [], REFUND: ["RETURN"] },
  RELEASED: { RELEASE: [], EXPIRE: [], REFUND: [] },
  EXPIRED: { EXPIRE: [], REFUND: [] },
  RETURNED: { REFUND: [] },
};

/** Decides each entry in its turn. `reservations` are those that exist, by id, read under their locks. */
export function decideResolutions(entries: readonly ResolveEntry[], reservations: ReadonlyMap<string, Reservation>): ResolutionDecision {
  const current = new Map(reservations);
  const steps: ResolutionStep[] = [];
  const orderIds = new Map<string, string>();
  const outcomes = entries.map(({ reservationId, intent, orderId }, entryIndex): ResolveOutcome => {
    const reservation = current.get(reservationId);
    if (reservation === undefined) return { kind: "reservation-not-found", reservationId };
    const path = paths[reservation.state][intent];
    if (path === undefined) return { kind: "resolved-otherwise", reservation };
    const last = path.at(-1);
    if (last === undefined) return { kind: "unchanged", reservation };
    for (const kind of path) steps.push({ reservation, kind, orderId, entryIndex });
    if (orderId !== undefined) orderIds.set(reservationId, orderId);
    const resolved: Reservation = { ...reservation, state: stateAfter[last] };
    current.set(reservationId, resolved);
    return { kind: "resolved", reservation: resolved };
  });
  const changes = [...reservations.values()].flatMap(({ reservationId, state: from }): StateChange[] => {
    const to = current.get(reservationId)?.state ?? from;
    return to === from ? [] : [{ reservationId, from, to, orderId: orderIds.get(reservationId) }];
  });
  return { outcomes, steps, changes };
}
