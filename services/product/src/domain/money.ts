/** An amount, as `google.type.Money`: `units` whole ones plus `nanos` billionths, of the same sign. */
export interface Money {
  readonly currencyCode: string;
  readonly units: bigint;
  readonly nanos: number;
}

/** What is wrong with a price, as [field, what it must be]; empty where nothing is. Prices are never negative. */
export function priceProblems(price: Money): readonly (readonly [field: keyof Money, description: string])[] {
  const problems: [keyof Money, string][] = [];
  if (!/^[A-Z]{3}$/.test(price.currencyCode)) problems.push(["currencyCode", "must be the three capital letters of an ISO 4217 currency"]);
  if (price.units < 0n) problems.push(["units", "must be 0 or more"]);
  if (price.nanos < 0 || price.nanos > 999_999_999) problems.push(["nanos", "must be from 0 to 999,999,999, with the sign of units"]);
  return problems;
}

/** Why amounts have no total: `google.type.Money` has one currency and 64 bits. */
export type TotalFault = "mixed-currencies" | "too-large";

const nanosPerUnit = 1_000_000_000n;
const maxUnits = 9_223_372_036_854_775_807n;

/** Whether `quantity` times `price` over these lines is an amount, and why not where it is none. */
export function totalFault(lines: readonly { readonly quantity: bigint; readonly price: Money }[]): TotalFault | undefined {
  let nanos = 0n;
  for (const { quantity, price } of lines) {
    if (price.currencyCode !== lines[0]?.price.currencyCode) return "mixed-currencies";
    nanos += quantity * (price.units * nanosPerUnit + BigInt(price.nanos));
  }
  return nanos / nanosPerUnit > maxUnits ? "too-large" : undefined;
}
