import { createContextKey, type HandlerContext } from "@connectrpc/connect";
import { ErrorReason, reasonError } from "../errors/index.ts";

/** The roles that a user can have. Services are no users: they are principals of another kind. */
export type Role = "customer" | "admin";

/** A signed-in person. */
export interface UserPrincipal {
  readonly kind: "user";
  readonly userId: string;
  readonly role: Role;
}

/** Another process of Flash Deal, by the name in its token. */
export interface ServicePrincipal {
  readonly kind: "service";
  readonly name: string;
}

/** Who a call comes from. */
export type Principal = { readonly kind: "anonymous" } | UserPrincipal | ServicePrincipal;

/** Nobody in particular. */
export const anonymous: Principal = { kind: "anonymous" };

/** Where the auth interceptor leaves the principal, and where tests of single handlers can set one. */
export const principalKey = createContextKey<Principal>(anonymous, { description: "principal" });

/** Who the call comes from: the user that a service acts for, where it names one. */
export function principalOf(context: Pick<HandlerContext, "values">): Principal {
  return context.values.get(principalKey);
}

/**
 * The user that the call comes from. Throws TOKEN_MISSING where there is none, so that a handler of a CUSTOMER method is
 * right even where a service calls it in its own name.
 */
export function requireUser(context: Pick<HandlerContext, "values">): UserPrincipal {
  const principal = principalOf(context);
  if (principal.kind === "user") return principal;
  throw reasonError(ErrorReason.TOKEN_MISSING, "Sign in: this call acts for a user.");
}
