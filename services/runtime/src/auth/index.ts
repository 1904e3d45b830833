/** Who calls: tokens, principals and the rules of the contract about who may call what. */
export { callingServiceOf, createAuthInterceptor, permit } from "./auth-interceptor.ts";
export { actAs, createInternalCallInterceptor, createInternalTokenSource, type InternalTokenOptions, type InternalTokenSource } from "./internal-token.ts";
export { anonymous, principalKey, principalOf, requireUser, type Principal, type Role, type ServicePrincipal, type UserPrincipal } from "./principal.ts";
export { internalTokenAlgorithm, internalTokenIssuer, userIdHeader, userRoleHeader, userTokenAlgorithm, userTokenAudience, userTokenIssuer } from "./token-format.ts";
export { createTokenVerifier, type TokenVerifier, type TokenVerifierOptions, type VerifiedToken } from "./token-verifier.ts";
