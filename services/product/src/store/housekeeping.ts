import type { Database } from "@flashdeal/runtime/database";
import { deleteIdempotencyRecords, deleteInboxEvents } from "./gen/messaging.sql.ts";

/** Forgets what no longer matters, in steps that hold no lock for long. Each answers how many rows are gone. */
export interface Housekeeping {
  /** Answers of keyed calls whose time was up at `now`. */
  deleteAnswers(now: Date, maxRows: number): Promise<number>;
  /** Events that were handled before `before`. */
  deleteHandledEvents(before: Date, maxRows: number): Promise<number>;
}

/** Housekeeping in Postgres. */
export function createHousekeeping({ database }: { readonly database: Database }): Housekeeping {
  return {
    deleteAnswers: (now, maxRows) => deleteIdempotencyRecords(database, { now, maxRows }),
    deleteHandledEvents: (before, maxRows) => deleteInboxEvents(database, { before, maxRows }),
  };
}
