import { getOption, type DescMethod, type DescMethodServerStreaming, type DescMethodUnary, type Message } from "@bufbuild/protobuf";
import { Access, method as methodOption } from "@flashdeal/proto/flashdeal/options/v1/options_pb";
import type { Outcome } from "../caller/outcome.ts";
import { CallFailure } from "../caller/outcome.ts";
import { contractMethods } from "../caller/contract.ts";
import { hasRestRoute } from "../caller/rest-request.ts";
import type { CallOptions } from "../caller/caller.ts";
import type { World } from "../world/world.ts";
import type { Scene } from "./samples.ts";

/** Who may call the method. */
export function accessOf(method: DescMethod): Access {
  return getOption(method, methodOption).access;
}

/** `OrderService.CreateOrder`. */
export function titleOf(method: DescMethod): string {
  return `${method.parent.name}.${method.name}`;
}

/** The contract's methods that the world's protocol reaches. */
export function reachableMethods(world: World): readonly DescMethod[] {
  return contractMethods.filter((method) => world.caller.protocol === "grpc" || hasRestRoute(method));
}

/** A token with which the method may be called; undefined for public methods. Throws where only services may and there is no secret. */
export async function tokenFor(world: World, scene: Pick<Scene, "buyer">, method: DescMethod): Promise<string | undefined> {
  switch (accessOf(method)) {
    case Access.PUBLIC:
      return undefined;
    case Access.CUSTOMER:
      return scene.buyer.token;
    case Access.ADMIN:
      return world.adminToken();
    default:
      return world.serviceToken();
  }
}

/** How long a stream may keep its first message, or its refusal, to itself. */
const firstMessageTimeoutMs = 5_000;

/** Calls any method that answers; of a stream the first message is the answer. */
export async function callAny({ caller }: World, method: DescMethod, request: Message, options: CallOptions): Promise<Outcome<unknown>> {
  if (method.methodKind === "unary") return caller.unary(method as DescMethodUnary, request as never, options);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), firstMessageTimeoutMs);
  try {
    for await (const value of caller.stream(method as DescMethodServerStreaming, request as never, { ...options, signal: abort.signal })) {
      return { ok: true, value };
    }
    return { ok: true, value: undefined };
  } catch (error) {
    if (error instanceof CallFailure) return error.failure;
    throw error;
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}
