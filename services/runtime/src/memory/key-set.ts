import { randomInt } from "node:crypto";

/** Far more than a process has calls at once as a rule. With more keys than places it is slower, and as right. */
const places = 4_096;

/** Of this process. */
const seed = randomInt(2 ** 32);

interface Entry {
  readonly key: string;
  after: Entry | undefined;
}

/**
 * A set of strings that come and go with each call: what has left it is reachable from nothing, where the tables that a `Set` leaves behind would keep it alive (see
 * keep-garbage-young.ts). Chained hashing with FNV-1a (draft-eastlake-fnv) over UTF-16 units. Each process begins with another number, so that keys which were
 * found to share a place in one need not do so in the next; those that do make it slower, not wrong.
 */
export class KeySet {
  readonly #first: (Entry | undefined)[] = Array.from({ length: places }, () => undefined);

  /** Adds a key; false where it is in the set already. */
  add(key: string): boolean {
    const place = placeOf(key);
    const first = this.#first[place];
    for (let entry = first; entry !== undefined; entry = entry.after) if (entry.key === key) return false;
    this.#first[place] = { key, after: first };
    return true;
  }

  /** Takes a key out; false where it is not in the set. */
  delete(key: string): boolean {
    const place = placeOf(key);
    let before: Entry | undefined;
    for (let entry = this.#first[place]; entry !== undefined; before = entry, entry = entry.after) {
      if (entry.key !== key) continue;
      if (before === undefined) this.#first[place] = entry.after;
      else before.after = entry.after;
      entry.after = undefined;
      return true;
    }
    return false;
  }
}

function placeOf(key: string): number {
  let hash = seed;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % places;
}
