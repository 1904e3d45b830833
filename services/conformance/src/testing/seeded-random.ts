/** Seed of what tests leave to chance: CRASH_SEED, or another one each time. Tests show it, so that a failure can be repeated. */
export const seed = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);

/** mulberry32: numbers from 0 to 1 that a seed repeats. */
export function seededRandom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
