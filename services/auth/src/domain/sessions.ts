import type { AccessTokenIssuer, Clock, RefreshTokens, SessionStore } from "./ports.ts";
import type { Role } from "./user.ts";

/** A pair of tokens as the caller gets it. */
export interface TokenPair {
  readonly accessToken: string;
  readonly accessTokenExpireTime: Date;
  readonly refreshToken: string;
  readonly refreshTokenExpireTime: Date;
}

/** What sessions need. */
export interface SessionDependencies {
  readonly sessions: SessionStore;
  readonly accessTokens: AccessTokenIssuer;
  readonly refreshTokens: RefreshTokens;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly limits: {
    /** Life of a refresh token, renewed at each rotation. */
    readonly refreshTokenLifeMs: number;
    /** Sessions of one user; beyond that the oldest ends. */
    readonly maxSessionsPerUser: number;
  };
}

/** Begins a session: the first pair of a new family. */
export async function beginSession(deps: SessionDependencies, userId: string, role: Role): Promise<TokenPair> {
  const sign = await deps.accessTokens.signer();
  const now = deps.clock.now();
  const refresh = deps.refreshTokens.create();
  const expireTime = new Date(now.getTime() + deps.limits.refreshTokenLifeMs);
  const family = { familyId: deps.newId(), userId, tokenHash: refresh.hash, createTime: now, expireTime };
  await deps.sessions.begin(family, deps.limits.maxSessionsPerUser);
  return toPair(await sign(userId, role), refresh.token, expireTime);
}

/** What became of a refresh. */
export type RefreshOutcome =
  | { readonly kind: "refreshed"; readonly tokens: TokenPair }
  | { readonly kind: "invalid" }
  | { readonly kind: "reused" };

/** Exchanges a refresh token for the next pair of its family. The role is read anew: a promotion shows here at the latest. */
export async function refreshSession(deps: SessionDependencies, token: string): Promise<RefreshOutcome> {
  const sign = await deps.accessTokens.signer();
  const now = deps.clock.now();
  const next = deps.refreshTokens.create();
  const nextExpireTime = new Date(now.getTime() + deps.limits.refreshTokenLifeMs);
  const tokenHash = deps.refreshTokens.hash(token);
  const outcome = await deps.sessions.rotate({ tokenHash, nextTokenHash: next.hash, now, nextExpireTime });
  if (outcome.kind !== "rotated") return outcome;
  return { kind: "refreshed", tokens: toPair(await sign(outcome.userId, outcome.role), next.token, nextExpireTime) };
}

/** Ends the session that a refresh token belongs to, if there is one. */
export async function endSession(deps: SessionDependencies, token: string): Promise<void> {
  await deps.sessions.revoke(deps.refreshTokens.hash(token), deps.clock.now());
}

function toPair(access: { token: string; expireTime: Date }, refreshToken: string, refreshTokenExpireTime: Date): TokenPair {
  return { accessToken: access.token, accessTokenExpireTime: access.expireTime, refreshToken, refreshTokenExpireTime };
}
