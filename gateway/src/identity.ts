import type { DescMethod } from "@bufbuild/protobuf";
import { Access } from "@flashdeal/proto/flashdeal/options/v1/options_pb";
import { anonymous, permit, type Principal, type TokenVerifier } from "@flashdeal/runtime/auth";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import { methodPolicy } from "@flashdeal/runtime/rpc";

/** Finds out who sends a request, and refuses it where the contract does not let them call the method. */
export type Admission = (method: DescMethod, authorization: string | undefined) => Principal | Promise<Principal>;

/**
 * Checks bearer tokens here, without a call. Only users come in through REST: a token of a service is refused. On PUBLIC
 * methods a token that is not good counts as none, so that whoever holds an expired one can still sign in.
 */
export function createAdmission(verifier: TokenVerifier): Admission {
  return (method, authorization) => {
    const { access } = methodPolicy(method);
    if (authorization === undefined) {
      permit(access, anonymous, undefined);
      return anonymous;
    }
    const lenient = access === Access.PUBLIC;
    const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization)?.[1];
    if (token === undefined) {
      if (lenient) {
        return anonymous;
      }
      throw reasonError(ErrorReason.TOKEN_INVALID, "The header Authorization must be: Bearer, a space, and the token.");
    }
    return verify(verifier, token, access, lenient);
  };
}

async function verify(verifier: TokenVerifier, token: string, access: Access, lenient: boolean): Promise<Principal> {
  let principal: Principal;
  try {
    ({ principal } = await verifier.verify(token));
  } catch (error) {
    if (lenient) {
      return anonymous;
    }
    throw error;
  }
  if (principal.kind === "service") {
    throw reasonError(ErrorReason.TOKEN_INVALID, "Tokens of services are not taken here.");
  }
  permit(access, principal, undefined);
  return principal;
}
