import { decodeProtectedHeader, errors, jwtVerify, type CryptoKey, type JSONWebKeySet, type JWTPayload } from "jose";
import { LRUCache } from "lru-cache";
import { ErrorReason, reasonError } from "../errors/index.ts";
import { createKeySet } from "./key-set.ts";
import type { ServicePrincipal, UserPrincipal } from "./principal.ts";
import { internalTokenAlgorithm, internalTokenIssuer, userTokenAlgorithm, userTokenAudience, userTokenIssuer } from "./token-format.ts";

/** Who a token speaks for, and until when. */
export interface VerifiedToken {
  readonly principal: UserPrincipal | ServicePrincipal;
  /** Epoch milliseconds. */
  readonly expireTimeMs: number;
}

/** Checks bearer tokens. */
export interface TokenVerifier {
  /**
   * Answers at once where the token was verified before, and with a promise otherwise. Fails with TOKEN_INVALID,
   * TOKEN_EXPIRED, or SERVICE_UNAVAILABLE where the issuer's keys are not to be had.
   */
  verify(token: string): VerifiedToken | Promise<VerifiedToken>;
}

/** Which tokens are good. */
export interface TokenVerifierOptions {
  /** The public keys of the auth service, or how to get them. */
  readonly jwks: JSONWebKeySet | (() => Promise<JSONWebKeySet>);
  /** Default: `flashdeal-auth`. */
  readonly issuer?: string;
  /** Default: `flashdeal`. */
  readonly audience?: string;
  /** The secret that services share. Undefined: no internal token is good. */
  readonly internalSecret?: string;
  /** Verified tokens that are kept. Default: 10,000. 0: none. */
  readonly cacheMax?: number;
  /** Shortest pause between two fetches of the keys. Default: 30 s. */
  readonly jwksRefetchIntervalMs?: number;
  readonly clock?: { now(): Date };
}

/** Longer tokens are not ours, and are not even looked at. */
const maxTokenLength = 4_096;

/**
 * Verifies tokens with `jose`. The algorithm in a token's header only chooses between two checks, each with its own key,
 * issuer and single algorithm: ES256 for users, HS256 for services. So a token cannot talk its way to another check: `none`
 * and all others are refused, and an HS256 signature is only ever compared with the internal secret.
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { issuer = userTokenIssuer, audience = userTokenAudience, cacheMax = 10_000 } = options;
  const clock = options.clock ?? { now: () => new Date() };
  const nowMs = (): number => clock.now().getTime();
  const keys = createKeySet({ jwks: options.jwks, refetchIntervalMs: options.jwksRefetchIntervalMs ?? 30_000, nowMs });
  const secret = options.internalSecret === undefined ? undefined : new TextEncoder().encode(options.internalSecret);
  const cache = cacheMax > 0 ? new LRUCache<string, VerifiedToken>({ max: cacheMax }) : undefined;

  const verifyUser = async (token: string, kid: string | undefined): Promise<VerifiedToken> => {
    const key = kid === undefined ? undefined : await keys.find(kid);
    if (key === undefined) throw tokenInvalid();
    const claims = await verifyClaims(token, key, userTokenAlgorithm, issuer, audience, clock.now());
    const { sub, role } = claims;
    if (sub === undefined || sub === "" || (role !== "customer" && role !== "admin")) throw tokenInvalid();
    return { principal: { kind: "user", userId: sub, role }, expireTimeMs: expireTimeMsOf(claims) };
  };

  const verifyService = async (token: string): Promise<VerifiedToken> => {
    if (secret === undefined) throw tokenInvalid();
    const claims = await verifyClaims(token, secret, internalTokenAlgorithm, internalTokenIssuer, internalTokenIssuer, clock.now());
    if (claims.sub === undefined || claims.sub === "") throw tokenInvalid();
    return { principal: { kind: "service", name: claims.sub }, expireTimeMs: expireTimeMsOf(claims) };
  };

  const verifyNew = async (token: string): Promise<VerifiedToken> => {
    const header = readHeader(token);
    if (header.alg !== userTokenAlgorithm && header.alg !== internalTokenAlgorithm) throw tokenInvalid();
    const verified = await (header.alg === userTokenAlgorithm ? verifyUser(token, header.kid) : verifyService(token));
    cache?.set(token, verified);
    return verified;
  };

  return {
    verify(token) {
      const known = cache?.get(token);
      if (known === undefined) return verifyNew(token);
      if (known.expireTimeMs > nowMs()) return known;
      cache?.delete(token);
      throw tokenExpired();
    },
  };
}

function readHeader(token: string): { readonly alg?: string; readonly kid?: string } {
  try {
    if (token.length <= maxTokenLength) return decodeProtectedHeader(token);
  } catch {
    // Falls through: whatever it is, it is not a token.
  }
  throw tokenInvalid();
}

async function verifyClaims(
  token: string,
  key: CryptoKey | Uint8Array,
  algorithm: string,
  issuer: string,
  audience: string,
  currentDate: Date,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: [algorithm], issuer, audience, currentDate, requiredClaims: ["sub", "exp"] });
    return payload;
  } catch (cause) {
    throw cause instanceof errors.JWTExpired ? tokenExpired() : tokenInvalid(cause);
  }
}

function expireTimeMsOf(claims: JWTPayload): number {
  return (claims.exp ?? 0) * 1_000;
}

function tokenExpired(): Error {
  return reasonError(ErrorReason.TOKEN_EXPIRED, "The token has expired. Refresh it and try again.");
}

function tokenInvalid(cause?: unknown): Error {
  return reasonError(ErrorReason.TOKEN_INVALID, "The bearer token is not valid. Sign in again.", { cause });
}
