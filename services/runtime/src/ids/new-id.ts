import { v7 } from "uuid";
import { drawRandom } from "./random-pool.ts";
import { uuidText } from "./uuid-text.ts";

const bytesPerId = 16;

/** Makes ids. */
export type NewId = () => string;

/**
 * A source of UUIDv7s: each one that it answers is greater than the one before, also within a millisecond. `nowMs`: the
 * machine's clock; where that goes back, ids go on from the latest time.
 */
export function createIdSource(nowMs: () => number = Date.now): NewId {
  const random = Buffer.alloc(bytesPerId);
  const bytes = Buffer.alloc(bytesPerId);
  const version = { random, msecs: -Infinity, seq: 0 };
  let msecs = -Infinity;
  let seq = 0;
  return () => {
    const { pool, at } = drawRandom(bytesPerId);
    pool.copy(random, 0, at, at + bytesPerId);
    const now = nowMs();
    if (now > msecs) {
      msecs = now;
      // The upper half stays free to count up in.
      seq = random.readUInt32BE(0) >>> 1;
    } else if (++seq > 0xffff_ffff) {
      msecs++;
      seq = 0;
    }
    version.msecs = msecs;
    version.seq = seq;
    return uuidText(v7(version, bytes));
  };
}

/** The process's own source. */
export const newId: NewId = createIdSource();
