import type { Order } from "./order.ts";

/** Who asks, as far as the rules about orders care. */
export type Caller = { readonly kind: "owner"; readonly userId: string } | { readonly kind: "everything" };

/** Owners see their own orders; admins and services see all. */
export function maySee(caller: Caller, order: Pick<Order, "userId">): boolean {
  return caller.kind === "everything" || caller.userId === order.userId;
}
