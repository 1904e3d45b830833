import type { ServiceImpl } from "@connectrpc/connect";
import type { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { refreshSession, type SessionDependencies } from "../domain/sessions.ts";
import { refreshError } from "./errors.ts";
import { toTokenPairMessage } from "./messages.ts";

/** RefreshToken */
export function createRefreshToken(deps: SessionDependencies): ServiceImpl<typeof AuthService>["refreshToken"] {
  return async ({ refreshToken }) => {
    const outcome = await refreshSession(deps, refreshToken);
    if (outcome.kind !== "refreshed") throw refreshError(outcome);
    return { tokens: toTokenPairMessage(outcome.tokens) };
  };
}
