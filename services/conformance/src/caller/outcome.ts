import { reasonPolicy, type FieldViolation } from "@flashdeal/runtime/errors";

/** A refused or failed call, the same whatever protocol it came through. */
export interface Failure {
  readonly ok: false;
  /** The gRPC code: `FAILED_PRECONDITION`. */
  readonly code: string;
  /** The HTTP status; REST only. */
  readonly httpStatus?: number;
  /** `ErrorInfo.reason`; empty where the answer names none, which is a fault in itself. */
  readonly reason: string;
  /** What the answer says in words. */
  readonly message: string;
  readonly violations: readonly FieldViolation[];
  readonly metadata: Readonly<Record<string, string>>;
  /** How long to wait before a retry, in milliseconds, where the answer says so. */
  readonly retryAfterMs?: number;
}

/** What became of a unary call. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Failure;

/** Thrown by streams, which have no outcome of their own. */
export class CallFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(describeFailure(failure));
    this.name = "CallFailure";
    this.failure = failure;
  }
}

/** One line for people. */
export function describeFailure({ code, httpStatus, reason, message, violations }: Failure): string {
  const fields = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  return `${httpStatus ?? ""} ${code} ${reason || "(no reason)"} "${message}"${fields === "" ? "" : ` [${fields}]`}`.trim();
}

/** Codes that say that the server is at fault, or does not know. No request, however bad, may get one of them. */
const serverFaults = new Set(["INTERNAL", "UNKNOWN", "DATA_LOSS"]);

/** Whether the answer blames the server: one of the fault codes, a 5xx other than the contract's own, or no reason at all. */
export function isServerFault(failure: Failure): boolean {
  if (serverFaults.has(failure.code) || failure.reason === "") return true;
  const policy = reasonPolicy(failure.reason);
  if (policy === undefined) return true;
  return failure.httpStatus !== undefined && failure.httpStatus >= 500 && failure.httpStatus !== policy.httpStatus;
}

