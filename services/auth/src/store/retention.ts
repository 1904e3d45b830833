import type { Queryable } from "@flashdeal/runtime/database";
import { deleteEndedIdempotencyRecords } from "./gen/idempotency.sql.ts";
import { deleteEndedRefreshFamilies, deleteEndedRefreshTokens } from "./gen/refresh-tokens.sql.ts";

const maxRows = 1_000;
const maxBatches = 100;

/** Deletes what has ended, in batches that hold their locks briefly, at most 100,000 rows of each kind; answers how many. */
export async function deleteEnded(database: Queryable, now: Date): Promise<number> {
  let deleted = 0;
  for (const deleteBatch of [deleteEndedIdempotencyRecords, deleteEndedRefreshFamilies, deleteEndedRefreshTokens]) {
    for (let batch = 0; batch < maxBatches; batch += 1) {
      const rows = await deleteBatch(database, { now, maxRows });
      deleted += rows;
      if (rows < maxRows) break;
    }
  }
  return deleted;
}
