import type { Money } from "./money.ts";

/** What an admin says about a new deal. */
export interface NewDeal {
  readonly productId: string;
  readonly fulfillmentCenterId: string;
  /** Undefined: the product's name. */
  readonly title: string | undefined;
  readonly price: Money;
  /** Undefined: now. */
  readonly startTime: Date | undefined;
  readonly endTime: Date;
  /** Most units that one user may hold or have bought. 0: no limit. */
  readonly perUserLimit: bigint;
}

/** A sale of one item at one price, from `startTime` (inclusive) to `endTime` (exclusive), to the millisecond. */
export interface Deal extends NewDeal {
  readonly dealId: string;
  readonly vendorItemId: string;
  readonly title: string;
  readonly startTime: Date;
  readonly cancelTime: Date | undefined;
  readonly createTime: Date;
  readonly updateTime: Date;
}

/** Where a deal stands. Only the cancellation is stored; the rest follows from the clock. */
export type DealState = "SCHEDULED" | "ACTIVE" | "ENDED" | "CANCELLED";

/** Where the deal stands at `now`. */
export function dealState(deal: Pick<Deal, "startTime" | "endTime" | "cancelTime">, now: Date): DealState {
  if (deal.cancelTime !== undefined) return "CANCELLED";
  if (now < deal.startTime) return "SCHEDULED";
  return now < deal.endTime ? "ACTIVE" : "ENDED";
}
