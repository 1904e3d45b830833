import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { Role, type AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import type { TokenVerifier } from "@flashdeal/runtime/auth";
import { tokenInvalid } from "./errors.ts";

const roles = { customer: Role.CUSTOMER, admin: Role.ADMIN } as const;

/** VerifyToken. The verifier is the one that every other service uses, so that both ways give the same answer. */
export function createVerifyToken(verifier: TokenVerifier): ServiceImpl<typeof AuthService>["verifyToken"] {
  return async ({ accessToken }) => {
    const { principal, expireTimeMs } = await verifier.verify(accessToken);
    if (principal.kind !== "user") throw tokenInvalid();
    return { userId: principal.userId, role: roles[principal.role], expireTime: timestampFromMs(expireTimeMs) };
  };
}
