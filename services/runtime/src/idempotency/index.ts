/** Keyed requests: whose key it is and what was asked with it. Tables and SQL are the services' own. */
export { maxRequestIdLength, parseRequestId, requestFingerprint, requestResultTtlMs, requestScope } from "./request-key.ts";
