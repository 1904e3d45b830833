/** The middle of several measurements, and how far they are apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws where there is nothing to take the middle of. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  const [min] = sorted;
  const max = sorted.at(-1);
  if (upper === undefined || lower === undefined || min === undefined || max === undefined) throw new RangeError("no measurements");
  return { median: (lower + upper) / 2, min, max };
}

/** The ratio of each pair. */
export function ratios(pairs: readonly (readonly [number, number])[]): Spread {
  return spreadOf(pairs.map(([first, second]) => second / first));
}
