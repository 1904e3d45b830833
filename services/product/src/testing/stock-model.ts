import type { Deal } from "../domain/deal.ts";
import type { ResolutionIntent } from "../domain/decide-resolutions.ts";
import type { Refusal, ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";

interface ModelDeal {
  readonly key: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly limit: number;
  cancelled: boolean;
}

interface ModelHold {
  readonly userId: string;
  /** Units per deal id. */
  readonly units: ReadonlyMap<string, number>;
  state: "HELD" | "SOLD" | "GONE";
}

/**
 * What the inventory must do, said a second time and one thing at a time, without any of its code: the reference that tests compare every
 * strategy with.
 */
export class StockModel {
  readonly available = new Map<string, number>();
  readonly #deals = new Map<string, ModelDeal>();
  readonly #holds = new Map<string, ModelHold>();

  addDeal(deal: Deal): void {
    const { dealId, startTime, endTime, perUserLimit } = deal;
    this.#deals.set(dealId, { key: keyOf(deal), startMs: startTime.getTime(), endMs: endTime.getTime(), limit: Number(perUserLimit), cancelled: false });
  }

  cancelDeal(dealId: string): void {
    const deal = this.#deals.get(dealId);
    if (deal !== undefined) deal.cancelled = true;
  }

  addUnits(key: string, units: number): void {
    this.available.set(key, (this.available.get(key) ?? 0) + units);
  }

  /** Every reason for which there can be no new hold now; none: there must be one. */
  reasonsAgainst({ userId, lines }: ReserveEntry, nowMs: number): ReadonlySet<Refusal["kind"]> {
    const reasons = new Set<Refusal["kind"]>();
    const wanted = new Map<string, number>();
    for (const [dealId, units] of unitsOf(lines)) {
      const deal = this.#deals.get(dealId);
      if (deal === undefined) {
        reasons.add("deal-not-found");
        continue;
      }
      if (deal.cancelled) reasons.add("deal-cancelled");
      else if (nowMs < deal.startMs) reasons.add("deal-not-started");
      else if (nowMs >= deal.endMs) reasons.add("deal-ended");
      if (deal.limit > 0 && this.#unitsOfUser(dealId, userId) + units > deal.limit) reasons.add("purchase-limit-reached");
      wanted.set(deal.key, (wanted.get(deal.key) ?? 0) + units);
    }
    for (const [key, units] of wanted) if (units > (this.available.get(key) ?? 0)) reasons.add("sold-out");
    return reasons;
  }

  /** Whether the outcome is one that the entry may have now; where it is a new hold, the units are taken. */
  accepts(entry: ReserveEntry, outcome: ReserveOutcome | undefined, nowMs: number): boolean {
    const { reservationId, userId, lines } = entry;
    const units = unitsOf(lines);
    const known = this.#holds.get(reservationId);
    if (known !== undefined) {
      const same = known.userId === userId && sameUnits(known.units, units);
      return same ? outcome?.kind === "held" && sameUnits(unitsOf(outcome.reservation.lines), units) : outcome?.kind === "reservation-id-reused";
    }
    const reasons = this.reasonsAgainst(entry, nowMs);
    if (outcome?.kind !== "held") return outcome !== undefined && reasons.has(outcome.kind as Refusal["kind"]);
    if (reasons.size > 0 || !sameUnits(unitsOf(outcome.reservation.lines), units)) return false;
    this.#holds.set(reservationId, { userId, units, state: "HELD" });
    this.#move(units, -1);
    return true;
  }

  /** What a hold comes to: HELD is sold or goes, SOLD only comes back by a refund, and what is gone stays so. */
  resolve(reservationId: string, intent: ResolutionIntent): void {
    const hold = this.#holds.get(reservationId);
    if (hold === undefined || hold.state === "GONE") return;
    if (intent === "COMMIT") hold.state = "SOLD";
    else if (hold.state === "HELD" || intent === "REFUND") {
      hold.state = "GONE";
      this.#move(hold.units, 1);
    }
  }

  #move(units: ReadonlyMap<string, number>, sign: 1 | -1): void {
    for (const [dealId, count] of units) this.addUnits(this.#deals.get(dealId)?.key ?? "", sign * count);
  }

  #unitsOfUser(dealId: string, userId: string): number {
    let units = 0;
    for (const hold of this.#holds.values()) if (hold.userId === userId && hold.state !== "GONE") units += hold.units.get(dealId) ?? 0;
    return units;
  }
}

/** The key of stock that a deal sells. */
export function keyOf({ vendorItemId, fulfillmentCenterId }: Pick<Deal, "vendorItemId" | "fulfillmentCenterId">): string {
  return `${vendorItemId} in ${fulfillmentCenterId}`;
}

function unitsOf(lines: ReserveEntry["lines"]): ReadonlyMap<string, number> {
  const units = new Map<string, number>();
  for (const { dealId, quantity } of lines) units.set(dealId, (units.get(dealId) ?? 0) + Number(quantity));
  return units;
}

function sameUnits(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([dealId, units]) => b.get(dealId) === units);
}
