import type { Order } from "./order.ts";

/** Who asks, as far as the rules about orders care. */
export type Caller = { readonly kind: "owner"; readonly userId: string } | { readonly kind: "everything" };

/** Fires when the caller has gone, or his time is up: what waiting needs of an `AbortSignal`. */
export interface CallerSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Owners see their own orders; admins and services see all. */
export function maySee(caller: Caller, order: Pick<Order, "userId">): boolean {
  return caller.kind === "everything" || caller.userId === order.userId;
}
