import { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import type { TokenVerifier } from "@flashdeal/runtime/auth";
import { serviceRoutes, type ServiceRoutes } from "@flashdeal/runtime/rpc";
import type { LogInDependencies } from "../domain/log-in.ts";
import type { PublicKey } from "../domain/ports.ts";
import type { SignUpDependencies } from "../domain/sign-up.ts";
import { createGetJwks } from "./get-jwks.ts";
import { createGetMe } from "./get-me.ts";
import { createLogIn } from "./log-in.ts";
import { createLogOut } from "./log-out.ts";
import { createRefreshToken } from "./refresh-token.ts";
import { createSignUp } from "./sign-up.ts";
import { createVerifyToken } from "./verify-token.ts";

/** What the handlers need, all together. */
export interface HandlerDependencies extends Omit<LogInDependencies, "limits">, Omit<SignUpDependencies, "limits"> {
  readonly limits: LogInDependencies["limits"] & SignUpDependencies["limits"];
  readonly tokenVerifier: TokenVerifier;
  /** The public keys, the current one first. */
  readonly publishedKeys: () => Promise<readonly PublicKey[]>;
}

/** The rpcs of this service, one file each. */
export function createRoutes(deps: HandlerDependencies): readonly ServiceRoutes[] {
  return [
    serviceRoutes(AuthService, {
      signUp: createSignUp(deps),
      logIn: createLogIn(deps),
      refreshToken: createRefreshToken(deps),
      logOut: createLogOut(deps),
      getMe: createGetMe(deps.users),
      verifyToken: createVerifyToken(deps.tokenVerifier),
      getJwks: createGetJwks(deps.publishedKeys),
    }),
  ];
}
