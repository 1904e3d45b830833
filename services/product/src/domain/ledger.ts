import type { Reservation } from "./reservation.ts";
import { stockKeyText, type MovementKind, type NewMovement, type StockCounts, type StockKey, type StockLevel } from "./stock.ts";

/** A movement for all lines of one reservation. */
export interface ReservationStep {
  readonly reservation: Reservation;
  readonly kind: MovementKind;
  readonly orderId: string | undefined;
  /** A user's id, or a service's name. */
  readonly actor: string;
  /** Default: empty. */
  readonly reason?: string;
}

/** What a batch adds to one key. */
export interface StockDelta extends StockKey {
  readonly onHandDelta: bigint;
  readonly reservedDelta: bigint;
}

/** What a batch adds to the units that a user holds or has bought of a deal with a limit. */
export interface PurchaseDelta {
  readonly dealId: string;
  readonly userId: string;
  readonly delta: bigint;
}

/** A batch in the books: each movement, and the sums of them. */
export interface LedgerBatch {
  readonly movements: readonly NewMovement[];
  /** Each key once. */
  readonly stocks: readonly StockDelta[];
  /** Each deal with a limit and user once; none of them 0. */
  readonly purchases: readonly PurchaseDelta[];
}

/** What one unit of each kind of movement does to on_hand, reserved and the buyer's count. */
const perUnit: Readonly<Record<MovementKind, readonly [onHand: bigint, reserved: bigint, purchased: bigint]>> = {
  RECEIVE: [1n, 0n, 0n],
  ADJUST: [1n, 0n, 0n],
  RESERVE: [0n, 1n, 1n],
  COMMIT: [-1n, -1n, 0n],
  RELEASE: [0n, -1n, -1n],
  EXPIRE: [0n, -1n, -1n],
  RETURN: [1n, 0n, -1n],
};

/** Writes steps down as movements, one per line, and sums them up. */
export function ledgerOf(steps: readonly ReservationStep[]): LedgerBatch {
  const movements: NewMovement[] = [];
  const purchases = new Map<string, PurchaseDelta>();
  for (const { reservation, kind, orderId, actor, reason = "" } of steps) {
    const [onHand, reserved, purchased] = perUnit[kind];
    const { reservationId, userId } = reservation;
    for (const { vendorItemId, fulfillmentCenterId, dealId, quantity, perUserLimit } of reservation.lines) {
      const deltas = { onHandDelta: onHand * quantity, reservedDelta: reserved * quantity };
      movements.push({ vendorItemId, fulfillmentCenterId, kind, ...deltas, reservationId, orderId, actor, reason });
      if (perUserLimit === 0n) continue;
      const key = `${dealId} ${userId}`;
      purchases.set(key, { dealId, userId, delta: (purchases.get(key)?.delta ?? 0n) + purchased * quantity });
    }
  }
  return { movements, stocks: sumMovements(movements), purchases: [...purchases.values()].filter(({ delta }) => delta !== 0n) };
}

/** The sum of movements per key. */
export function sumMovements(movements: readonly NewMovement[]): readonly StockDelta[] {
  const sums = new Map<string, StockDelta>();
  for (const movement of movements) {
    const { vendorItemId, fulfillmentCenterId } = movement;
    const key = stockKeyText(movement);
    const before = sums.get(key);
    sums.set(key, {
      vendorItemId,
      fulfillmentCenterId,
      onHandDelta: (before?.onHandDelta ?? 0n) + movement.onHandDelta,
      reservedDelta: (before?.reservedDelta ?? 0n) + movement.reservedDelta,
    });
  }
  return [...sums.values()];
}

/** A key's state under its lock. */
export interface LockedStock extends StockCounts {
  readonly version: bigint;
}

/** The states after a batch. `locked`: those before, by `stockKeyText`. Throws where one is missing: the caller has not locked it. */
export function statesAfter(deltas: readonly StockDelta[], locked: ReadonlyMap<string, LockedStock>, updateTime: Date): readonly StockLevel[] {
  return deltas.map(({ vendorItemId, fulfillmentCenterId, onHandDelta, reservedDelta }) => {
    const key = { vendorItemId, fulfillmentCenterId };
    const before = locked.get(stockKeyText(key));
    if (before === undefined) throw new Error(`the stock of ${stockKeyText(key)} is not locked`);
    const { onHand, reserved, version } = before;
    return { ...key, onHand: onHand + onHandDelta, reserved: reserved + reservedDelta, version: version + 1n, updateTime };
  });
}
