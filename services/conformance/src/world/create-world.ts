import { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { createInternalTokenSource } from "@flashdeal/runtime/auth";
import { createGrpcCaller } from "../caller/grpc-caller.ts";
import type { Caller, Protocol } from "../caller/caller.ts";
import { processOf } from "../caller/contract.ts";
import { createRestCaller } from "../caller/rest-caller.ts";
import { ok, present } from "./expect.ts";
import { createFixtures } from "./fixtures.ts";
import { rawGrpc } from "./raw-grpc.ts";
import type { Buyer, Platform, World } from "./world.ts";

/** What several worlds of one platform share. */
export interface SharedWorld {
  readonly crowd: Buyer[];
}

/** Sign-ins of the admin are repeated this often, well within the life of a token. */
const adminTokenAgeMs = 5 * 60_000;

/** The world of a protocol. Throws where the platform does not offer it. */
export function createWorld(platform: Platform, protocol: Protocol, shared: SharedWorld = { crowd: [] }): World {
  const caller = createCaller(platform, protocol);
  let admin: { readonly token: Promise<string>; readonly untilMs: number } | undefined;
  const adminToken = (): Promise<string> => {
    if (admin === undefined || performance.now() > admin.untilMs) {
      const ageMs = Math.min(adminTokenAgeMs, (platform.accessTokenLifeMs ?? Infinity) / 2);
      admin = { token: signIn(caller, platform.admin), untilMs: performance.now() + ageMs };
    }
    return admin.token;
  };
  const secret = platform.internalTokenSecret;
  const tokens = secret === undefined ? undefined : createInternalTokenSource({ secret, service: "conformance" });
  return {
    platform,
    caller,
    make: createFixtures(caller, adminToken, shared.crowd),
    adminToken,
    async serviceToken() {
      if (tokens === undefined) throw new Error("the platform's INTERNAL_TOKEN_SECRET is not known");
      return tokens.token();
    },
    rawRest: (path, init) => fetch(`${present(platform.restUrl, "the gateway's address").replace(/\/$/, "")}${path}`, init),
    rawGrpc,
    close: () => caller.close(),
  };
}

function createCaller(platform: Platform, protocol: Protocol): Caller {
  if (protocol === "rest") return createRestCaller(present(platform.restUrl, "the gateway's address"));
  const addresses = present(platform.grpcAddresses, "the addresses of the gRPC servers");
  return createGrpcCaller({
    addressOf: (service) => addresses[present(processOf.get(service), `the process of ${service.typeName}`)],
  });
}

async function signIn(caller: Caller, admin: Platform["admin"]): Promise<string> {
  const { tokens } = await ok(caller.unary(AuthService.method.logIn, admin));
  return present(tokens).accessToken;
}
