import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { callingServiceOf } from "@flashdeal/runtime/auth";
import { requestHeaderOf } from "@flashdeal/runtime/rpc";
import { logIn, type LogInDependencies } from "../domain/log-in.ts";
import { logInError } from "./errors.ts";
import { toTokenPairMessage } from "./messages.ts";

/** Where the caller of a service is on the network. Believed only beside an internal token. */
export const clientAddressHeader = "x-flashdeal-client-address";

const maxAddressLength = 64;

/** LogIn */
export function createLogIn(deps: LogInDependencies): ServiceImpl<typeof AuthService>["logIn"] {
  return async ({ email, password }, context) => {
    const outcome = await logIn(deps, { email, password, address: clientAddressOf(context) }, context.signal);
    if (outcome.kind !== "logged-in") throw logInError(outcome);
    return { tokens: toTokenPairMessage(outcome.tokens) };
  };
}

function clientAddressOf(context: HandlerContext): string | undefined {
  if (callingServiceOf(context) === undefined) return undefined;
  const address = requestHeaderOf(context, clientAddressHeader)?.trim();
  return address === undefined || address === "" ? undefined : address.slice(0, maxAddressLength);
}
