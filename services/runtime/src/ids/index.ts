/** Ids that are sorted by time. */
export { createIdSource, newId, type NewId } from "./new-id.ts";
