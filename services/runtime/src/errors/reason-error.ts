import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import type { ErrorReason } from "@flashdeal/proto/flashdeal/errors/v1/error_reason_pb";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@flashdeal/proto/google/rpc/error_details_pb";
import { ERROR_DOMAIN } from "./error-domain.ts";
import { reasonPolicy } from "./reason-policy.ts";

/** One thing that is wrong with one field of the request. */
export interface FieldViolation {
  /** The field's path in proto names: `lines[0].quantity`. */
  readonly field: string;
  /** What to do about it, in a sentence. */
  readonly description: string;
}

/** What an error says beyond its reason. */
export interface ReasonErrorOptions {
  /** `ErrorInfo.metadata`: what the contract promises for the reason, and never anything secret. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** `BadRequest.field_violations`. */
  readonly violations?: readonly FieldViolation[];
  /** `RetryInfo.retry_delay`, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Kept for the log; never sent. */
  readonly cause?: unknown;
}

type OutgoingDetail = Extract<ConnectError["details"][number], { desc: unknown }>;

/**
 * An error as every server sends it: the code comes from the contract's option on the reason, and exactly one
 * `google.rpc.ErrorInfo` names the reason. `message` is for developers, in English.
 */
export function reasonError(reason: ErrorReason, message: string, options: ReasonErrorOptions = {}): ConnectError {
  const policy = reasonPolicy(reason);
  const details: OutgoingDetail[] = [errorInfoDetail(policy.reason, options.metadata)];
  if (options.violations !== undefined && options.violations.length > 0) {
    details.push({ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations: [...options.violations] }) });
  }
  if (options.retryAfterMs !== undefined) {
    const retryDelay = durationFromMs(Math.max(0, Math.round(options.retryAfterMs)));
    details.push({ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) });
  }
  return new ConnectError(message, policy.code, undefined, details, options.cause);
}

/** The detail that names `reason`, ready for `ConnectError.details`. */
export function errorInfoDetail(reason: string, metadata: Readonly<Record<string, string>> = {}): OutgoingDetail {
  return { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason, domain: ERROR_DOMAIN, metadata: { ...metadata } }) };
}
