import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findWrongBooks, readLooks } from "./books.ts";
import { findFaults, type Snapshot } from "./checker.ts";
import { toElle } from "./elle.ts";
import { readHistory } from "./history.ts";
import { purchasesOf } from "./purchases.ts";

/** What a run leaves in its folder: what buyers were told, the books while they bought, and what was stored in the end. */
export const runFiles = { history: "history.jsonl", books: "books.jsonl", snapshot: "snapshot.json" } as const;
/** The history for Elle, written by the check. */
export const elleFile = "history.edn";

/** What the files of a run tell. */
export interface FolderCheck {
  /** Orders that buyers were told of. */
  readonly acknowledged: number;
  /** Calls of which nobody knows what came. */
  readonly unknown: number;
  /** How often the books were read while buyers bought. */
  readonly looks: number;
  /** What is wrong; empty: nothing. */
  readonly faults: readonly string[];
}

/** Reads what a run left, writes its history for Elle, and checks it. Throws where a file is missing. */
export function checkFolder(folder: string): FolderCheck {
  const events = readHistory(join(folder, runFiles.history));
  const looks = readLooks(join(folder, runFiles.books));
  const snapshot = JSON.parse(readFileSync(join(folder, runFiles.snapshot), "utf8")) as Snapshot;
  writeFileSync(join(folder, elleFile), toElle(events, snapshot));
  return {
    acknowledged: purchasesOf(events).filter(({ outcome }) => outcome === "ok").length,
    unknown: events.filter(({ type }) => type === "info").length,
    looks: looks.length,
    faults: [...findFaults(events, snapshot), ...findWrongBooks(looks)],
  };
}
