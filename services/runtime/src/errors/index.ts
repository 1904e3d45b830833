/** Errors as the contract lists them: making them, reading them, and completing those that name no reason. */
export { ErrorReason } from "@flashdeal/proto/flashdeal/errors/v1/error_reason_pb";
export { completeError, internalError, withErrorInfo, type CompletedError } from "./complete-error.ts";
export { ERROR_DOMAIN } from "./error-domain.ts";
export { errorInfoOf, reasonMetadataOf, reasonOf, retryAfterMsOf, violationsOf } from "./read-error.ts";
export { reasonError, type FieldViolation, type ReasonErrorOptions } from "./reason-error.ts";
export { errorFromStatus, statusFromError } from "./rpc-status.ts";
export { genericReason, httpStatusOfCode, reasonPolicies, reasonPolicy, type ErrorReasonPolicy } from "./reason-policy.ts";
