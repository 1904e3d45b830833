import type { Finding } from "./finding.ts";

/** Finds out what is wrong with some things now, by their keys; what is in order is absent. */
export type Look = (keys: readonly string[]) => Promise<ReadonlyMap<string, Finding>>;

/** How things that looked wrong are looked at again. */
export interface LookAgainOptions {
  readonly look: Look;
  /** Whether a later finding is the first one still. */
  readonly isSame: (first: Finding, later: Finding) => boolean;
  /** Waits between two looks. */
  readonly pause: () => Promise<unknown>;
  /** Things looked at in one go. */
  readonly batchSize: number;
}

/** Something that shows another fault at every look is on its way somewhere. */
const maxLooks = 3;

/**
 * Looks again, after a pause, at what looked wrong. What shows the same fault then is a finding. What shows another one has moved meanwhile, since its
 * parts are read one after the other while buyers buy: it is looked at once more. Each look is a pause after the one before.
 */
export async function lookAgain(suspects: ReadonlyMap<string, Finding>, { look, isSame, pause, batchSize }: LookAgainOptions): Promise<readonly Finding[]> {
  const confirmed: Finding[] = [];
  let open = suspects;
  for (let looks = 0; looks < maxLooks && open.size > 0; looks++) {
    await pause();
    const moved = new Map<string, Finding>();
    const keys = [...open.keys()];
    for (let start = 0; start < keys.length; start += batchSize) {
      for (const [key, later] of await look(keys.slice(start, start + batchSize))) {
        const first = open.get(key);
        if (first !== undefined && isSame(first, later)) confirmed.push(later);
        else moved.set(key, later);
      }
    }
    open = moved;
  }
  return confirmed;
}
