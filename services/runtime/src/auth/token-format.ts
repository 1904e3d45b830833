/** `iss` of the tokens that the auth service gives to users. */
export const userTokenIssuer = "flashdeal-auth";

/** `aud` of the tokens that the auth service gives to users. */
export const userTokenAudience = "flashdeal";

/** The one algorithm of user tokens. Their claims: `sub` the user id, `role` customer or admin, `exp`, `iat`, `jti`. */
export const userTokenAlgorithm = "ES256";

/** `iss` and `aud` of the tokens that services show each other. `sub` is the calling service's name. */
export const internalTokenIssuer = "flashdeal-internal";

/** The one algorithm of internal tokens. */
export const internalTokenAlgorithm = "HS256";

/** Names the user that a service acts for. Believed only beside an internal token. */
export const userIdHeader = "x-flashdeal-user-id";

/** The role of the user that a service acts for. Believed only beside an internal token. */
export const userRoleHeader = "x-flashdeal-user-role";
