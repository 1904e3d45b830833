import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";

/** One draw of random bytes serves this many ids: a draw costs more than making the id. */
const idsPerDraw = 256;
const bytesPerId = 16;

/** Makes ids. */
export type NewId = () => string;

/**
 * A source of UUIDv7s: each one that it answers is greater than the one before, also within a millisecond. `nowMs`: the
 * machine's clock; where that goes back, ids go on from the latest time.
 */
export function createIdSource(nowMs: () => number = Date.now): NewId {
  const pool = Buffer.alloc(idsPerDraw * bytesPerId);
  let used = pool.length;
  let msecs = -Infinity;
  let seq = 0;
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    const random = pool.subarray(used, (used += bytesPerId));
    const now = nowMs();
    if (now > msecs) {
      msecs = now;
      // The upper half stays free to count up in.
      seq = random.readUInt32BE(0) >>> 1;
    } else if (++seq > 0xffff_ffff) {
      msecs++;
      seq = 0;
    }
    return v7({ random, msecs, seq });
  };
}

/** The process's own source. */
export const newId: NewId = createIdSource();
