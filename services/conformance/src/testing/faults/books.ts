import { readFileSync } from "node:fs";

/** An item's books in one snapshot of the inventory, in units. */
export interface Book {
  readonly item: string;
  readonly onHand: number;
  readonly reserved: number;
  /** What the movements add up to. */
  readonly onHandSum: number;
  readonly reservedSum: number;
  readonly received: number;
  /** In holds that are open, and in those that were sold. */
  readonly held: number;
  readonly sold: number;
}

/** One look at all books while buyers buy. */
export interface Look {
  readonly timeMs: number;
  readonly books: readonly Book[];
}

/** Reads the looks that a run left; a last line that was cut off in the middle is left out. */
export function readLooks(file: string): Look[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Look);
}

/**
 * Says what was wrong while buyers bought: in every look, whatever has just been killed, available + held + sold is what was received, what is reserved is what is held,
 * the movements add up, and nothing is below zero. Each kind of error once per item, with the first look that showed it.
 */
export function findWrongBooks(looks: readonly Look[]): string[] {
  const faults = new Map<string, string>();
  for (const { timeMs, books } of looks) {
    for (const book of books) {
      for (const wrong of wrongsOf(book)) {
        const kind = `${book.item}: ${wrong}`;
        if (!faults.has(kind)) faults.set(kind, `${kind}, ${timeMs} ms after the start: ${JSON.stringify(book)}`);
      }
    }
  }
  return [...faults.values()];
}

function wrongsOf({ onHand, reserved, onHandSum, reservedSum, received, held, sold }: Book): string[] {
  const wrongs: string[] = [];
  if (reserved < 0 || onHand < reserved) wrongs.push("more is reserved than there is");
  if (onHand !== onHandSum || reserved !== reservedSum) wrongs.push("the movements do not add up");
  if (onHand - reserved + held + sold !== received) wrongs.push("available, held and sold are not what was received");
  if (reserved !== held) wrongs.push("what is reserved is not what is held");
  return wrongs;
}
