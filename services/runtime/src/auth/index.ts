/** Who calls: tokens, principals and the rules of the contract about who may call what. */
export { anonymous, principalKey, principalOf, requireUser, type Principal, type Role, type ServicePrincipal, type UserPrincipal } from "./principal.ts";
