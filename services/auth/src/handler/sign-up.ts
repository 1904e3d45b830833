import type { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import type { ServiceImpl } from "@connectrpc/connect";
import { signUp, type SignUpDependencies } from "../domain/sign-up.ts";
import { signUpError } from "./errors.ts";
import { toUserMessage } from "./messages.ts";

/** SignUp */
export function createSignUp(deps: SignUpDependencies): ServiceImpl<typeof AuthService>["signUp"] {
  return async (request, context) => {
    const outcome = await signUp(deps, request, context.signal);
    if (outcome.kind !== "created") throw signUpError(outcome);
    return { user: toUserMessage(outcome.user) };
  };
}
