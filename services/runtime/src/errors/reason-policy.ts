import { getOption } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { ErrorReason, ErrorReasonSchema } from "@flashdeal/proto/flashdeal/errors/v1/error_reason_pb";
import { reason as reasonOption } from "@flashdeal/proto/flashdeal/options/v1/options_pb";

/** What the contract says about one error reason. */
export interface ErrorReasonPolicy {
  /** The enum value. */
  readonly value: ErrorReason;
  /** As it stands in `ErrorInfo.reason`, without the enum's prefix: `SOLD_OUT`. */
  readonly reason: string;
  /** The gRPC code that travels with it. */
  readonly code: Code;
  /** The HTTP status of the REST answer: the contract's, or the usual one of the code. */
  readonly httpStatus: number;
  /** A short English title that does not change from occurrence to occurrence (RFC 9457). */
  readonly title: string;
}

const enumPrefix = "ERROR_REASON_";

/** The usual HTTP status of each gRPC code, as google.rpc.Code documents it. */
const usualHttpStatus: Readonly<Record<Code, number>> = {
  [Code.Canceled]: 499,
  [Code.Unknown]: 500,
  [Code.InvalidArgument]: 400,
  [Code.DeadlineExceeded]: 504,
  [Code.NotFound]: 404,
  [Code.AlreadyExists]: 409,
  [Code.PermissionDenied]: 403,
  [Code.ResourceExhausted]: 429,
  [Code.FailedPrecondition]: 400,
  [Code.Aborted]: 409,
  [Code.OutOfRange]: 400,
  [Code.Unimplemented]: 501,
  [Code.Internal]: 500,
  [Code.Unavailable]: 503,
  [Code.DataLoss]: 500,
  [Code.Unauthenticated]: 401,
};

/** The usual HTTP status of a gRPC code. */
export function httpStatusOfCode(code: Code): number {
  return usualHttpStatus[code];
}

const policies: readonly ErrorReasonPolicy[] = ErrorReasonSchema.values
  .filter((value) => value.number !== ErrorReason.UNSPECIFIED)
  .map((value) => {
    const option = getOption(value, reasonOption);
    // google.rpc.Code and Connect's Code share their numbers; OK (0) never stands on a reason.
    const code = option.code as number as Code;
    if (!(code in usualHttpStatus)) {
      throw new Error(`${value.name} has no code: give it the option (flashdeal.options.v1.reason) in the contract`);
    }
    return {
      value: value.number as ErrorReason,
      reason: value.name.slice(enumPrefix.length),
      code,
      httpStatus: option.httpStatus === 0 ? usualHttpStatus[code] : option.httpStatus,
      title: option.title,
    };
  });

const byValue = new Map(policies.map((policy) => [policy.value, policy]));
const byName = new Map(policies.map((policy) => [policy.reason, policy]));

/** Every reason of the contract with its policy, in the order of the contract. */
export const reasonPolicies: readonly ErrorReasonPolicy[] = policies;

/**
 * The policy of a reason, by enum value or by name (`SOLD_OUT`). Undefined for a name that the contract does not list.
 * Throws for ERROR_REASON_UNSPECIFIED, which is never sent.
 */
export function reasonPolicy(reason: ErrorReason): ErrorReasonPolicy;
export function reasonPolicy(reason: string): ErrorReasonPolicy | undefined;
export function reasonPolicy(reason: ErrorReason | string): ErrorReasonPolicy | undefined {
  if (typeof reason === "string") return byName.get(reason);
  const policy = byValue.get(reason);
  if (policy === undefined) throw new Error(`error reason ${reason} has no policy`);
  return policy;
}

const generic: Readonly<Record<Code, ErrorReason>> = {
  [Code.Canceled]: ErrorReason.CALL_CANCELLED,
  [Code.Unknown]: ErrorReason.INTERNAL_ERROR,
  [Code.InvalidArgument]: ErrorReason.INVALID_INPUT,
  [Code.DeadlineExceeded]: ErrorReason.DEADLINE_EXCEEDED,
  [Code.NotFound]: ErrorReason.ROUTE_NOT_FOUND,
  [Code.AlreadyExists]: ErrorReason.WRONG_STATE,
  [Code.PermissionDenied]: ErrorReason.ROLE_REQUIRED,
  [Code.ResourceExhausted]: ErrorReason.OVERLOADED,
  [Code.FailedPrecondition]: ErrorReason.WRONG_STATE,
  [Code.Aborted]: ErrorReason.REQUEST_IN_PROGRESS,
  [Code.OutOfRange]: ErrorReason.INVALID_INPUT,
  [Code.Unimplemented]: ErrorReason.NOT_IMPLEMENTED,
  [Code.Internal]: ErrorReason.INTERNAL_ERROR,
  [Code.Unavailable]: ErrorReason.SERVICE_UNAVAILABLE,
  [Code.DataLoss]: ErrorReason.INTERNAL_ERROR,
  [Code.Unauthenticated]: ErrorReason.TOKEN_INVALID,
};

/** The reason that stands in for a missing one, by code. Our own handlers always name theirs. */
export function genericReason(code: Code): ErrorReasonPolicy {
  return reasonPolicy(generic[code]);
}
