import type { StockCounts } from "./stock.ts";

/** A key's state, what its movements add up to, and the units of the holds on it. */
export interface Books extends StockCounts {
  readonly onHandSum: bigint;
  readonly reservedSum: bigint;
  readonly held: bigint;
}

/** What both counts change by. */
export interface CountsDelta {
  readonly onHandDelta: bigint;
  readonly reservedDelta: bigint;
}

/** `movements`: what is written into the ledger. `change`: what the state changes by; the first movement only tells what had happened to it. */
export type Reconciliation =
  | { readonly kind: "reconciled"; readonly movements: readonly CountsDelta[]; readonly change: CountsDelta }
  | { readonly kind: "repair-unsafe"; readonly description: string };

/**
 * Brings state and movements together without making stock appear. The holds say what is reserved: a state that reserves less is raised; one
 * that reserves more is left, since lowering it would put units on sale. Of the units on hand the lesser count is believed. A movement tells what
 * had changed the state behind the ledger's back, another one what this corrects.
 */
export function decideReconciliation({ onHand, reserved, onHandSum, reservedSum, held }: Books): Reconciliation {
  if (reserved > held) {
    return { kind: "repair-unsafe", description: `${reserved} units are reserved and ${held} are held: to lower the one to the other would put units on sale` };
  }
  const believed = onHand < onHandSum ? onHand : onHandSum;
  if (believed < held) {
    return { kind: "repair-unsafe", description: `${held} units are held, of which only ${believed} are there for certain` };
  }
  const unexplained = { onHandDelta: onHand - onHandSum, reservedDelta: reserved - reservedSum };
  const change = { onHandDelta: believed - onHand, reservedDelta: held - reserved };
  return { kind: "reconciled", movements: [unexplained, change].filter(({ onHandDelta, reservedDelta }) => onHandDelta !== 0n || reservedDelta !== 0n), change };
}
