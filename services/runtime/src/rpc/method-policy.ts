import { getOption, hasOption, type DescMethod } from "@bufbuild/protobuf";
import { Access, RequestIdPolicy, method as methodOption } from "@flashdeal/proto/flashdeal/options/v1/options_pb";

/** What the contract says about one method. */
export interface MethodPolicy {
  /** Who may call it. A method that states nothing is for other services only. */
  readonly access: Access;
  /** Whether its request carries a `request_id`. */
  readonly requestId: RequestIdPolicy;
  /** The short name of its batch counterpart in the same service, or undefined. */
  readonly batchMethod: string | undefined;
}

const known = new WeakMap<DescMethod, MethodPolicy>();

/** The policy of a method, read from its option once. */
export function methodPolicy(method: DescMethod): MethodPolicy {
  const seen = known.get(method);
  if (seen !== undefined) return seen;
  const policy = readPolicy(method);
  known.set(method, policy);
  return policy;
}

function readPolicy(method: DescMethod): MethodPolicy {
  if (!hasOption(method, methodOption)) {
    return { access: Access.SERVICE, requestId: RequestIdPolicy.UNSPECIFIED, batchMethod: undefined };
  }
  const option = getOption(method, methodOption);
  return {
    access: option.access === Access.UNSPECIFIED ? Access.SERVICE : option.access,
    requestId: option.requestId,
    batchMethod: option.batchMethod === "" ? undefined : option.batchMethod,
  };
}
