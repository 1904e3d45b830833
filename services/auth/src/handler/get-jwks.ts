import type { ServiceImpl } from "@connectrpc/connect";
import type { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import type { PublicKey } from "../domain/ports.ts";

/** GetJwks */
export function createGetJwks(published: () => Promise<readonly PublicKey[]>): ServiceImpl<typeof AuthService>["getJwks"] {
  return async () => ({ keys: [...(await published())] });
}
