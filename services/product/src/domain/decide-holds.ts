import { dealState, type Deal } from "./deal.ts";
import { totalFault } from "./money.ts";
import { sumLines, type DealUnits, type Refusal, type Reservation, type ReserveEntry } from "./reservation.ts";
import { stockKeyText, type StockCounts } from "./stock.ts";

/** All that decides who gets units, read under the locks of the stock rows. */
export interface HoldInputs {
  readonly now: Date;
  /** By deal id. */
  readonly deals: ReadonlyMap<string, Deal>;
  /** By `stockKeyText`. A key that is absent has no units. */
  readonly stocks: ReadonlyMap<string, StockCounts>;
  /** Units that a user holds or has bought of a deal with a limit, by `purchaseKey`. Absent: none. */
  readonly purchases: ReadonlyMap<string, bigint>;
  /** Reservations whose ids the entries repeat, by id. */
  readonly reservations: ReadonlyMap<string, Reservation>;
}

/** What is decided for one entry. `isNew`: the hold has yet to be written. */
export type HoldDecision = { readonly kind: "held"; readonly reservation: Reservation; readonly isNew: boolean } | Refusal;

/** A deal and a user as one key. */
export function purchaseKey(dealId: string, userId: string): string {
  return `${dealId} ${userId}`;
}

/**
 * Decides each entry in its turn, first come first served, all of its lines or none: deal window, total, limit per user, stock. An
 * entry that is refused takes nothing, so that a smaller one behind it may still be served. An entry whose id is known,
 * also from earlier in the same list, gets the hold that is there.
 */
export function decideHolds(entries: readonly ReserveEntry[], inputs: HoldInputs): readonly HoldDecision[] {
  const available = new Map<string, bigint>();
  for (const [key, stock] of inputs.stocks) available.set(key, stock.onHand - stock.reserved);
  const purchases = new Map(inputs.purchases);
  const reservations = new Map(inputs.reservations);

  return entries.map((entry) => {
    const lines = sumLines(entry.lines);
    const known = reservations.get(entry.reservationId);
    if (known !== undefined) return repeat(known, entry, lines);
    const refusal =
      refuseByWindow(lines, inputs) ??
      refuseByTotal(lines, inputs) ??
      refuseByLimit(entry.userId, lines, inputs, purchases) ??
      refuseByStock(lines, inputs, available);
    if (refusal !== undefined) return refusal;
    const reservation = takeHold(entry, lines, inputs);
    for (const line of reservation.lines) {
      const key = stockKeyText(line);
      available.set(key, (available.get(key) ?? 0n) - line.quantity);
      if (line.perUserLimit === 0n) continue;
      const purchase = purchaseKey(line.dealId, entry.userId);
      purchases.set(purchase, (purchases.get(purchase) ?? 0n) + line.quantity);
    }
    reservations.set(entry.reservationId, reservation);
    return { kind: "held", reservation, isNew: true };
  });
}

function repeat(known: Reservation, entry: ReserveEntry, lines: readonly DealUnits[]): HoldDecision {
  if (known.userId !== entry.userId) return { kind: "reservation-id-reused", field: "user_id" };
  const quantities = new Map(known.lines.map((line) => [line.dealId, line.quantity]));
  const same = lines.length === quantities.size && lines.every((line) => quantities.get(line.dealId) === line.quantity);
  return same ? { kind: "held", reservation: known, isNew: false } : { kind: "reservation-id-reused", field: "lines" };
}

function refuseByWindow(lines: readonly DealUnits[], { deals, now }: HoldInputs): Refusal | undefined {
  for (const { dealId } of lines) {
    const deal = deals.get(dealId);
    if (deal === undefined) return { kind: "deal-not-found", dealId };
    switch (dealState(deal, now)) {
      case "CANCELLED":
        return { kind: "deal-cancelled", dealId };
      case "SCHEDULED":
        return { kind: "deal-not-started", dealId, startTime: deal.startTime };
      case "ENDED":
        return { kind: "deal-ended", dealId, endTime: deal.endTime };
      case "ACTIVE":
    }
  }
  return undefined;
}

/** What no order could name a total of is refused before anything is held for it. */
function refuseByTotal(lines: readonly DealUnits[], { deals }: HoldInputs): Refusal | undefined {
  const priced = lines.flatMap(({ dealId, quantity }) => {
    const price = deals.get(dealId)?.price;
    return price === undefined ? [] : [{ quantity, price }];
  });
  const fault = totalFault(priced);
  return fault && { kind: "lines-without-total", fault };
}

function refuseByLimit(
  userId: string,
  lines: readonly DealUnits[],
  { deals }: HoldInputs,
  purchases: ReadonlyMap<string, bigint>,
): Refusal | undefined {
  for (const { dealId, quantity } of lines) {
    const perUserLimit = deals.get(dealId)?.perUserLimit ?? 0n;
    if (perUserLimit === 0n) continue;
    if ((purchases.get(purchaseKey(dealId, userId)) ?? 0n) + quantity > perUserLimit) {
      return { kind: "purchase-limit-reached", dealId, perUserLimit };
    }
  }
  return undefined;
}

/** Two deals of one entry may sell the same key, so the units are counted per key. */
function refuseByStock(lines: readonly DealUnits[], { deals }: HoldInputs, available: ReadonlyMap<string, bigint>): Refusal | undefined {
  const left = new Map<string, bigint>();
  for (const { dealId, quantity } of lines) {
    const deal = deals.get(dealId);
    if (deal === undefined) return { kind: "deal-not-found", dealId };
    const key = stockKeyText(deal);
    const units = left.get(key) ?? available.get(key) ?? 0n;
    if (units < quantity) return { kind: "sold-out", dealId, available: units };
    left.set(key, units - quantity);
  }
  return undefined;
}

function takeHold(entry: ReserveEntry, lines: readonly DealUnits[], { deals, now }: HoldInputs): Reservation {
  const { reservationId, userId, expireTime } = entry;
  const reserved = lines.flatMap(({ dealId, quantity }) => {
    const deal = deals.get(dealId);
    if (deal === undefined) return [];
    const { productId, vendorItemId, fulfillmentCenterId, title, price, perUserLimit } = deal;
    return [{ dealId, productId, vendorItemId, fulfillmentCenterId, title, quantity, unitPrice: price, perUserLimit }];
  });
  return { reservationId, userId, state: "HELD", lines: reserved, expireTime, createTime: now };
}
