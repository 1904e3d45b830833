/** What an audit can find. */
export type ViolationKind = "LEDGER_MISMATCH" | "RESERVED_MISMATCH" | "ORDER_MISMATCH" | "ORPHAN_HOLD" | "READ_MODEL_STALE" | "MIRROR_MISMATCH";

/** Something that is not as it must be. */
export interface Finding {
  readonly kind: ViolationKind;
  /** `stock/<item>/<centre>`, `reservation/<id>` or `order/<id>`. */
  readonly subject: string;
  readonly expected: string;
  readonly actual: string;
  /** Whether a repair may be tried that never puts a unit on sale which somebody may own. */
  readonly repairable: boolean;
}

/** A key's subject. */
export function stockSubject({ vendorItemId, fulfillmentCenterId }: { readonly vendorItemId: string; readonly fulfillmentCenterId: string }): string {
  return `stock/${vendorItemId}/${fulfillmentCenterId}`;
}

/** The key of a stock subject; undefined for others. */
export function stockOfSubject(subject: string): { readonly vendorItemId: string; readonly fulfillmentCenterId: string } | undefined {
  const [type, vendorItemId, fulfillmentCenterId] = subject.split("/");
  return type === "stock" && vendorItemId !== undefined && fulfillmentCenterId !== undefined ? { vendorItemId, fulfillmentCenterId } : undefined;
}

/** The id of a reservation's subject; undefined for others. */
export function reservationOfSubject(subject: string): string | undefined {
  const [type, id] = subject.split("/");
  return type === "reservation" ? id : undefined;
}
