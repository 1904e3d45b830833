import { randomUUID } from "node:crypto";
import { userTokenAlgorithm } from "@flashdeal/runtime/auth";
import { SignJWT } from "jose";
import type { AccessTokenIssuer, Clock } from "../domain/ports.ts";
import type { KeyRing } from "./key-ring.ts";

/** What access tokens say beside the user, and for how long. */
export interface AccessTokenClaims {
  /** `iss` */
  readonly issuer: string;
  /** `aud` */
  readonly audience: string;
  readonly lifeMs: number;
}

const roleClaims = { CUSTOMER: "customer", ADMIN: "admin" } as const;

/** JWTs (ES256): iss, aud, sub (user id), role (`customer` or `admin`), iat, exp, jti; the header names the key. */
export function createAccessTokenIssuer(ring: KeyRing, clock: Clock, claims: AccessTokenClaims): AccessTokenIssuer {
  return {
    signer: async () => {
      const key = await ring.current();
      return async (userId, role) => {
        const issuedAt = Math.floor(clock.now().getTime() / 1_000);
        const expiresAt = issuedAt + Math.round(claims.lifeMs / 1_000);
        const token = await new SignJWT({ role: roleClaims[role] })
          .setProtectedHeader({ alg: userTokenAlgorithm, kid: key.keyId, typ: "JWT" })
          .setIssuer(claims.issuer)
          .setAudience(claims.audience)
          .setSubject(userId)
          .setIssuedAt(issuedAt)
          .setExpirationTime(expiresAt)
          .setJti(randomUUID())
          .sign(key.privateKey);
        return { token, expireTime: new Date(expiresAt * 1_000) };
      };
    },
  };
}
