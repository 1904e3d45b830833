import type { ServiceImpl } from "@connectrpc/connect";
import type { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { endSession, type SessionDependencies } from "../domain/sessions.ts";

/** LogOut */
export function createLogOut(deps: SessionDependencies): ServiceImpl<typeof AuthService>["logOut"] {
  return async ({ refreshToken }) => {
    await endSession(deps, refreshToken);
    return {};
  };
}
