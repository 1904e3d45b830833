import type { ContextKey, ContextValues, Interceptor } from "@connectrpc/connect";
import { createContextKey, createContextValues } from "@connectrpc/connect";
import { SignJWT } from "jose";
import type { Principal } from "./principal.ts";
import { internalTokenAlgorithm, internalTokenIssuer, userIdHeader, userRoleHeader } from "./token-format.ts";

/** The token that this process shows to other services. */
export interface InternalTokenSource {
  /** At once where the current token still has time, and a promise where it has to be made. */
  token(): string | Promise<string>;
}

/** Whose token it is. */
export interface InternalTokenOptions {
  /** The secret that services share (INTERNAL_TOKEN_SECRET). */
  readonly secret: string;
  /** The name of this service, for the log of those that it calls. */
  readonly service: string;
  /** Default: 10 minutes. */
  readonly lifetimeMs?: number;
  readonly clock?: { now(): Date };
}

/** Makes internal tokens and keeps the current one until a fifth of its life is left. */
export function createInternalTokenSource(options: InternalTokenOptions): InternalTokenSource {
  const { lifetimeMs = 600_000, clock = { now: () => new Date() } } = options;
  const secret = new TextEncoder().encode(options.secret);
  let current = "";
  let renewTimeMs = 0;
  let renewing: Promise<string> | undefined;

  const renew = async (): Promise<string> => {
    const nowMs = clock.now().getTime();
    const issuedAt = Math.floor(nowMs / 1_000);
    current = await new SignJWT()
      .setProtectedHeader({ alg: internalTokenAlgorithm, typ: "JWT" })
      .setIssuer(internalTokenIssuer)
      .setAudience(internalTokenIssuer)
      .setSubject(options.service)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + Math.ceil(lifetimeMs / 1_000))
      .sign(secret);
    renewTimeMs = nowMs + lifetimeMs * 0.8;
    renewing = undefined;
    return current;
  };
  return { token: () => (clock.now().getTime() < renewTimeMs ? current : (renewing ??= renew())) };
}

const actAsKey: ContextKey<Principal | undefined> = createContextKey<Principal | undefined>(undefined, { description: "act as" });

/**
 * Context values for a call on behalf of `principal`: `client.getOrder(request, { contextValues: actAs(principal) })`. For a
 * user the service called sees that user. For anybody anonymous no token is sent, so that the call can do what the public
 * can and no more. Without it a service calls in its own name.
 */
export function actAs(principal: Principal, values: ContextValues = createContextValues()): ContextValues {
  return values.set(actAsKey, principal);
}

/** Adds the internal token, and the user that the call is for, to each call of a transport. */
export function createInternalCallInterceptor(tokens: InternalTokenSource): Interceptor {
  return (next) => async (request) => {
    const principal = request.contextValues.get(actAsKey);
    request.header.delete(userIdHeader);
    request.header.delete(userRoleHeader);
    if (principal?.kind === "anonymous") return next(request);
    const token = tokens.token();
    request.header.set("authorization", `Bearer ${typeof token === "string" ? token : await token}`);
    if (principal?.kind === "user") {
      request.header.set(userIdHeader, principal.userId);
      request.header.set(userRoleHeader, principal.role);
    }
    return next(request);
  };
}
