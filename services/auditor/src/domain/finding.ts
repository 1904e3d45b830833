/** What an audit can find. */
export const violationKinds = [
  "LEDGER_MISMATCH",
  "RESERVED_MISMATCH",
  "ORDER_MISMATCH",
  "ORPHAN_HOLD",
  "READ_MODEL_STALE",
  "MIRROR_MISMATCH",
  "SOLD_MISMATCH",
  "PURCHASE_MISMATCH",
] as const;

/** One of `violationKinds`. */
export type ViolationKind = (typeof violationKinds)[number];

/** Something that is not as it must be. */
export interface Finding {
  readonly kind: ViolationKind;
  /** What it is about: see `readSubject`. */
  readonly subject: string;
  readonly expected: string;
  readonly actual: string;
  /** Whether a repair may be tried that never puts a unit on sale which somebody may own. */
  readonly repairable: boolean;
}

/** What a finding is about. */
export type Subject =
  | { readonly type: "stock"; readonly vendorItemId: string; readonly fulfillmentCenterId: string }
  | { readonly type: "reservation"; readonly reservationId: string }
  | { readonly type: "order"; readonly orderId: string }
  | { readonly type: "purchase"; readonly dealId: string; readonly userId: string };

/** A key's subject. */
export function stockSubject({ vendorItemId, fulfillmentCenterId }: { readonly vendorItemId: string; readonly fulfillmentCenterId: string }): string {
  return `stock/${vendorItemId}/${fulfillmentCenterId}`;
}

/** Reads `stock/<item>/<centre>`, `reservation/<id>`, `order/<id>` or `purchase/<deal>/<buyer>`. Throws on anything else. */
export function readSubject(subject: string): Subject {
  const [type = "", first = "", second = ""] = subject.split("/");
  switch (type) {
    case "stock":
      return { type, vendorItemId: first, fulfillmentCenterId: second };
    case "reservation":
      return { type, reservationId: first };
    case "order":
      return { type, orderId: first };
    case "purchase":
      return { type, dealId: first, userId: second };
    default:
      throw new Error(`no subject: ${subject}`);
  }
}

/** Whether two looks at the same subject found the very same. */
export function isSameFinding(a: Finding, b: Finding): boolean {
  return a.kind === b.kind && a.expected === b.expected && a.actual === b.actual;
}
