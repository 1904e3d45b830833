import { randomFillSync } from "node:crypto";

/** One draw of random bytes serves many ids: a draw costs more than making the id. */
const poolBytes = 4_096;

const pool = Buffer.alloc(poolBytes);
let used = poolBytes;

/** Random bytes for one id: where they lie in the pool that is answered. Good until the next call. */
export function drawRandom(bytes: number): { readonly pool: Buffer; readonly at: number } {
  if (used + bytes > poolBytes) {
    randomFillSync(pool);
    used = 0;
  }
  place.at = used;
  used += bytes;
  return place;
}

const place = { pool, at: 0 };
