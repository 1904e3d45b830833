import { ConnectError } from "@connectrpc/connect";
import {
  completeError,
  ErrorReason,
  errorInfoOf,
  internalError,
  reasonError,
  reasonMetadataOf,
  reasonPolicy,
  httpStatusOfCode,
  retryAfterMsOf,
  violationsOf,
} from "@flashdeal/runtime/errors";
import { codeName } from "./code-name.ts";
import { TranscodeError, type RenderedError, type TranscodeErrorKind } from "./transcode/index.ts";

/** An RFC 9457 problem document. `reason` and `metadata` are those of the rpc's ErrorInfo. */
export interface Problem {
  /** Names the kind of problem: `urn:flashdeal:problem:SOLD_OUT`. */
  readonly type: string;
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** What happened this time, in a sentence. */
  readonly detail: string;
  readonly reason: string;
  /** The gRPC code: `FAILED_PRECONDITION`. */
  readonly code: string;
  /** The request that failed; the logs of every service carry it. */
  readonly requestId: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** One entry for each field that is wrong; field paths in proto names. */
  readonly violations?: readonly { readonly field: string; readonly description: string }[];
  readonly retryAfterMs?: number;
}

const reasonOfKind: Readonly<Record<TranscodeErrorKind, ErrorReason>> = {
  INVALID_ARGUMENT: ErrorReason.INVALID_INPUT,
  NOT_FOUND: ErrorReason.ROUTE_NOT_FOUND,
  METHOD_NOT_ALLOWED: ErrorReason.METHOD_NOT_ALLOWED,
  UNSUPPORTED_MEDIA_TYPE: ErrorReason.UNSUPPORTED_MEDIA_TYPE,
};

const malformed = new Set(["MALFORMED_JSON", "MALFORMED_ENCODING", "UNEXPECTED_BODY"]);

/** Turns whatever a request failed with into an rpc error with a reason. `fault` is what belongs into the log. */
export function toRpcError(thrown: unknown, maxBodyBytes: number): { readonly error: ConnectError; readonly fault: unknown } {
  if (thrown instanceof TranscodeError) {
    return { error: fromTranscoder(thrown), fault: undefined };
  }
  const known = fromHttpServer(thrown, maxBodyBytes);
  return known === undefined ? completeError(thrown) : { error: known, fault: undefined };
}

/** The answer that tells a REST client of the error. `httpStatus`: another one than the reason has in the contract. */
export function renderProblem(
  error: ConnectError,
  requestId: string,
  extraHeaders: Readonly<Record<string, string>> = {},
  httpStatus?: number,
): RenderedError {
  const problem = { ...toProblem(error, requestId), ...(httpStatus === undefined ? {} : { status: httpStatus }) };
  const headers: Record<string, string> = { "content-type": "application/problem+json", "cache-control": "no-store", ...extraHeaders };
  if (problem.retryAfterMs !== undefined) {
    headers["retry-after"] = String(Math.ceil(problem.retryAfterMs / 1_000));
  }
  if (problem.status === 401) {
    headers["www-authenticate"] = `Bearer error="${problem.reason.toLowerCase()}"`;
  }
  return { status: problem.status, headers, body: JSON.stringify(problem) };
}

function toProblem(error: ConnectError, requestId: string): Problem {
  const reason = errorInfoOf(error)?.reason ?? "INTERNAL_ERROR";
  const policy = reasonPolicy(reason);
  const metadata = reasonMetadataOf(error);
  const violations = violationsOf(error).map(({ field, description }) => ({ field, description }));
  const retryAfterMs = retryAfterMsOf(error);
  return {
    type: `urn:flashdeal:problem:${reason}`,
    title: policy?.title ?? "Error",
    status: policy?.httpStatus ?? httpStatusOfCode(error.code),
    detail: error.rawMessage,
    reason,
    code: codeName(error.code),
    requestId,
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    ...(violations.length > 0 ? { violations } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function fromTranscoder(error: TranscodeError): ConnectError {
  const broken = error.violations.length > 0 && error.violations.every(({ reason }) => malformed.has(reason));
  const reason = broken ? ErrorReason.MALFORMED_REQUEST : reasonOfKind[error.kind];
  return reasonError(reason, error.message, { violations: error.violations.filter(({ field }) => field !== "") });
}

/** Errors of Fastify and of node:http have a `code` and a `statusCode` below 500 where the client is to blame. */
function fromHttpServer(thrown: unknown, maxBodyBytes: number): ConnectError | undefined {
  if (thrown instanceof ConnectError || !(thrown instanceof Error) || !("statusCode" in thrown)) {
    return undefined;
  }
  if (thrown.statusCode === 413) {
    const metadata = { max_bytes: String(maxBodyBytes) };
    return reasonError(ErrorReason.REQUEST_TOO_LARGE, `The body has more than ${maxBodyBytes} bytes.`, { metadata });
  }
  if (thrown.statusCode === 415) {
    return reasonError(ErrorReason.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.");
  }
  const clientFault = typeof thrown.statusCode === "number" && thrown.statusCode >= 400 && thrown.statusCode < 500;
  return clientFault ? reasonError(ErrorReason.MALFORMED_REQUEST, "The request could not be read.") : internalError(thrown);
}
