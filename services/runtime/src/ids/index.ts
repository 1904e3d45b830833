/** Ids that are sorted by time. */
export { drawRandom } from "./random-pool.ts";
export { uuidText } from "./uuid-text.ts";
export { createIdSource, newId, type NewId } from "./new-id.ts";
