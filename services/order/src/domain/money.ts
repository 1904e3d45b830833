/** An amount, in the shape of `google.type.Money`. */
export interface Money {
  /** ISO 4217. */
  readonly currencyCode: string;
  /** Whole units. */
  readonly units: bigint;
  /** Billionths of a unit, with the sign of `units`. */
  readonly nanos: number;
}

const nanosPerUnit = 1_000_000_000n;
const maxUnits = 9_223_372_036_854_775_807n;

/** What a sum can fail with: `google.type.Money` has one currency and 64 bits. */
export type SumFault = "mixed-currencies" | "too-large";

/** Sums `quantity` times `unitPrice` over the lines, exactly. There is at least one line. */
export function sumOfLines(lines: readonly { readonly quantity: bigint; readonly unitPrice: Money }[]): Money | SumFault {
  const currencyCode = lines[0]?.unitPrice.currencyCode ?? "";
  let total = 0n;
  for (const { quantity, unitPrice } of lines) {
    if (unitPrice.currencyCode !== currencyCode) return "mixed-currencies";
    total += quantity * (unitPrice.units * nanosPerUnit + BigInt(unitPrice.nanos));
  }
  const units = total / nanosPerUnit;
  if (units > maxUnits || units < -maxUnits) return "too-large";
  return { currencyCode, units, nanos: Number(total % nanosPerUnit) };
}
