import type { ResolutionIntent } from "./decide-resolutions.ts";

/** How far the order behind a hold is. NONE: there is none, and never will be. UNKNOWN: the answer could not be understood. */
export type OrderStanding = "NONE" | "PENDING_PAYMENT" | "PAID" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "EXPIRED" | "UNKNOWN";

/** What becomes of a hold whose time is up; undefined leaves it. Never a guess: what is not known is left for the next round. */
export function settleHold(standing: OrderStanding): ResolutionIntent | undefined {
  switch (standing) {
    case "NONE":
    case "EXPIRED":
      return "EXPIRE";
    case "CANCELLED":
      return "RELEASE";
    case "PAID":
    case "SHIPPED":
    case "DELIVERED":
      return "COMMIT";
    case "PENDING_PAYMENT":
    case "UNKNOWN":
      return undefined;
  }
}
