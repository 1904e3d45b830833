import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { ErrorReason, reasonError } from "../errors/index.ts";

/** A property, because a WeakMap costs a microsecond per call, most of it in the garbage collector. */
const deadline = Symbol("deadline");

type SignalOfCall = AbortSignal & { [deadline]?: number };

/** Remembers when the call that `signal` belongs to must be over, in epoch milliseconds. */
export function rememberDeadline(signal: AbortSignal, deadlineMs: number): void {
  (signal as SignalOfCall)[deadline] = deadlineMs;
}

/**
 * The time that is left to the call that `signal` belongs to, in milliseconds, or undefined where it has no deadline. That
 * is how a deadline crosses to the next process when a handler passes its signal on.
 */
export function remainingMs(signal: AbortSignal | undefined): number | undefined {
  const deadlineMs = (signal as SignalOfCall | undefined)?.[deadline];
  return deadlineMs === undefined ? undefined : deadlineMs - Date.now();
}

/** Why a call's signal fires when its time is up. */
export function deadlineExceeded(): ConnectError {
  return reasonError(ErrorReason.DEADLINE_EXCEEDED, "The call did not finish before its deadline.");
}

/** Why a call's signal fires when its caller goes away. */
export function callCancelled(): ConnectError {
  return reasonError(ErrorReason.CALL_CANCELLED, "The caller went away before the call finished.");
}

/** Links a context of another protocol to its deadline. */
export function rememberContextDeadline(context: HandlerContext): void {
  const leftMs = context.timeoutMs();
  if (leftMs !== undefined) rememberDeadline(context.signal, Date.now() + leftMs);
}

/** An rpc error for a signal that has fired: its own reason where that is one. */
export function abortError(signal: AbortSignal): ConnectError {
  const reason: unknown = signal.reason;
  if (reason instanceof ConnectError) return reason;
  if (reason instanceof Error && reason.name === "TimeoutError") return deadlineExceeded();
  return callCancelled();
}

/** Whether the error says that the caller went away or its time was up. */
export function isAbortCode(code: Code): boolean {
  return code === Code.Canceled || code === Code.DeadlineExceeded;
}
