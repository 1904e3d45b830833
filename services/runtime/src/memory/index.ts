export { KeySet } from "./key-set.ts";
