import { createContextKey, type HandlerContext } from "@connectrpc/connect";
import { Access } from "@flashdeal/proto/flashdeal/options/v1/options_pb";
import { ErrorReason, reasonError } from "../errors/index.ts";
import { guard, methodPolicy, requestHeaderOf, type ServerInterceptor } from "../rpc/index.ts";
import { anonymous, principalKey, type Principal, type Role } from "./principal.ts";
import { userIdHeader, userRoleHeader } from "./token-format.ts";
import type { TokenVerifier, VerifiedToken } from "./token-verifier.ts";

const callingServiceKey = createContextKey<string | undefined>(undefined, { description: "calling service" });

/** The service that the call came through, by the name in its internal token; undefined for a user's own call. */
export function callingServiceOf(context: Pick<HandlerContext, "values">): string | undefined {
  return context.values.get(callingServiceKey);
}

/**
 * Finds out who calls and enforces the contract's `access` of the method. A service in its own name may call everything; a
 * service that acts for a user has that user's rights, and may call SERVICE methods too. On PUBLIC methods a token that is
 * not good counts as none, so that whoever has an expired one can still sign in and refresh.
 */
export function createAuthInterceptor(verifier: TokenVerifier): ServerInterceptor {
  return guard((method) => {
    const { access } = methodPolicy(method);
    return (_request, context) => {
      const token = bearerToken(requestHeaderOf(context, "authorization"), access);
      if (token === undefined) {
        permit(access, anonymous, undefined);
        return undefined;
      }
      const verified = verify(verifier, token, access);
      if (!(verified instanceof Promise)) {
        admit(access, verified, context);
        return undefined;
      }
      return admitLater(access, verified, context);
    };
  });
}

type Verified = VerifiedToken | undefined;

function verify(verifier: TokenVerifier, token: string, access: Access): Verified | Promise<Verified> {
  if (access !== Access.PUBLIC) return verifier.verify(token);
  return verifyLeniently(verifier, token);
}

async function verifyLeniently(verifier: TokenVerifier, token: string): Promise<Verified> {
  try {
    return await verifier.verify(token);
  } catch {
    return undefined;
  }
}

async function admitLater(access: Access, pending: Promise<Verified>, context: HandlerContext): Promise<void> {
  admit(access, await pending, context);
}

function admit(access: Access, verified: Verified, context: HandlerContext): void {
  if (verified === undefined) return;
  const { principal } = verified;
  const service = principal.kind === "service" ? principal.name : undefined;
  const effective = service === undefined ? principal : (actingFor(context) ?? principal);
  permit(access, effective, service);
  context.values.set(principalKey, effective);
  if (service !== undefined) context.values.set(callingServiceKey, service);
}

function bearerToken(header: string | undefined, access: Access): string | undefined {
  if (header === undefined) return undefined;
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(header)?.[1];
  if (token === undefined && access !== Access.PUBLIC) {
    throw reasonError(ErrorReason.TOKEN_INVALID, "The header authorization must be: Bearer, a space, and the token.");
  }
  return token;
}

const maxUserIdLength = 128;

function actingFor(context: HandlerContext): Principal | undefined {
  const userId = requestHeaderOf(context, userIdHeader);
  const role = requestHeaderOf(context, userRoleHeader);
  if (userId === undefined && role === undefined) return undefined;
  // Half of it is no service in its own name: an id that got lost on the way must not open everything.
  if (userId === undefined || userId === "" || userId.length > maxUserIdLength || !isRole(role)) {
    throw reasonError(ErrorReason.TOKEN_INVALID, `A service that acts for a user must say who it is: ${userIdHeader} and ${userRoleHeader}.`);
  }
  return { kind: "user", userId, role };
}

function isRole(role: string | undefined): role is Role {
  return role === "customer" || role === "admin";
}

/** Throws where the contract does not let `principal` call. `service` is the one that the call came through, if any. */
export function permit(access: Access, principal: Principal, service: string | undefined): void {
  if (access === Access.PUBLIC || principal.kind === "service") return;
  if (principal.kind === "anonymous") {
    throw reasonError(ErrorReason.TOKEN_MISSING, "Sign in: the call needs the header authorization with a bearer token.");
  }
  if (access === Access.CUSTOMER) return;
  if (access === Access.ADMIN && principal.role === "admin") return;
  if (access !== Access.ADMIN && service !== undefined) return;
  const requiredRole = access === Access.ADMIN ? "admin" : "service";
  throw reasonError(ErrorReason.ROLE_REQUIRED, `This call is for the role ${requiredRole}.`, { metadata: { required_role: requiredRole } });
}
