import type { Role } from "./user.ts";

/** What is known of a refresh token that is presented. */
export interface PresentedToken {
  readonly expireTime: Date;
  /** When it was exchanged, if it was. */
  readonly useTime: Date | null;
  readonly familyRevokeTime: Date | null;
}

/** What to do with a presented refresh token. */
export type RotationDecision = "rotate" | "refuse" | "revoke-family";

/**
 * Decides about a presented refresh token; undefined: nobody knows it. A token that was exchanged is in two hands, and which of them is
 * the thief's cannot be told: the family ends, whatever else is wrong with the token (RFC 9700, 4.14.2).
 */
export function decideRotation(token: PresentedToken | undefined, now: Date): RotationDecision {
  if (token === undefined) return "refuse";
  if (token.useTime !== null) return "revoke-family";
  if (token.familyRevokeTime !== null || token.expireTime <= now) return "refuse";
  return "rotate";
}

/** What became of a presented refresh token. */
export type RotationOutcome =
  | { readonly kind: "rotated"; readonly userId: string; readonly role: Role }
  | { readonly kind: "invalid" }
  | { readonly kind: "reused" };
