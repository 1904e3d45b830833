import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorReason } from "@flashdeal/proto/flashdeal/errors/v1/error_reason_pb";
import { ErrorInfoSchema } from "@flashdeal/proto/google/rpc/error_details_pb";
import { errorInfoDetail, reasonError } from "./reason-error.ts";
import { genericReason } from "./reason-policy.ts";

/** An error that is fit to leave the process, and the fault behind it where there is one. */
export interface CompletedError {
  readonly error: ConnectError;
  /** What was thrown, where it is a fault of this process that belongs in the log with its stack. */
  readonly fault: unknown;
}

const serverFaultCodes: ReadonlySet<Code> = new Set([Code.Unknown, Code.Internal, Code.DataLoss]);

function isErrorInfo(detail: ConnectError["details"][number]): boolean {
  return ("desc" in detail ? detail.desc.typeName : detail.type) === ErrorInfoSchema.typeName;
}

/** The same error with exactly one ErrorInfo: its own first one, or the generic one of its code. */
export function withErrorInfo(error: ConnectError): ConnectError {
  const infos = error.details.filter(isErrorInfo).length;
  if (infos === 0) error.details = [errorInfoDetail(genericReason(error.code).reason), ...error.details];
  if (infos > 1) {
    const first = error.details.find(isErrorInfo);
    error.details = error.details.filter((detail) => detail === first || !isErrorInfo(detail));
  }
  return error;
}

/**
 * Makes whatever a handler threw fit to leave. Errors that name a reason pass. Anything else that is not a deliberate rpc
 * error becomes INTERNAL_ERROR without a word of the original text. `call` has the call's signal, whose abort explains an
 * AbortError; it is read only when that can matter.
 */
export function completeError(thrown: unknown, call?: { readonly signal: AbortSignal }): CompletedError {
  if (thrown instanceof ConnectError) {
    const deliberate = thrown.details.some(isErrorInfo) || !serverFaultCodes.has(thrown.code);
    if (deliberate) return { error: withErrorInfo(thrown), fault: undefined };
  } else if (call?.signal.aborted === true && isAbort(thrown, call.signal)) {
    const reason: unknown = call.signal.reason;
    if (reason instanceof ConnectError) return { error: withErrorInfo(reason), fault: undefined };
    return { error: reasonError(ErrorReason.CALL_CANCELLED, "The caller went away before the call finished."), fault: undefined };
  }
  return { error: internalError(thrown), fault: thrown };
}

/** INTERNAL_ERROR as it leaves: it tells the caller nothing but that the log knows more. */
export function internalError(cause?: unknown): ConnectError {
  return reasonError(ErrorReason.INTERNAL_ERROR, "The server failed. Its log holds the cause.", { cause });
}

function isAbort(thrown: unknown, signal: AbortSignal): boolean {
  return thrown === signal.reason || (thrown instanceof Error && thrown.name === "AbortError");
}
