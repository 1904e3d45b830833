import type { DescMethodServerStreaming, DescMethodUnary, Message } from "@bufbuild/protobuf";
import type { ContextValues, Transport } from "@connectrpc/connect";
import { actAs, type Principal } from "@flashdeal/runtime/auth";
import type { UpstreamName } from "@flashdeal/runtime/lifecycle";
import { applyIdempotencyKey } from "../idempotency-key.ts";
import type { TranscodeCall } from "../transcode/index.ts";
import { upstreams } from "./upstreams.ts";

/** What a request brings along besides its message. */
export interface Attachment {
  readonly principal: Principal;
  /** Address that the request came from, for limits per address. */
  readonly clientAddress: string;
}

const clientAddressHeader = "x-flashdeal-client-address";

/**
 * Sends decoded requests to the service that answers for them, in the name of whoever sent them. No header of the client
 * travels on: the identity is what this gateway verified.
 */
export function createForward(connect: (service: UpstreamName) => Transport): TranscodeCall<Attachment> {
  const transportOf = (method: DescMethodUnary | DescMethodServerStreaming): Transport => {
    const name = upstreams.get(method.parent);
    if (name === undefined) {
      throw new Error(`no process answers for ${method.parent.typeName}`);
    }
    return connect(name);
  };
  return {
    async unary(method, request, { attachment, headers, signal, timeoutMs }) {
      const rpc = method as DescMethodUnary;
      applyIdempotencyKey(rpc, request, headers["idempotency-key"]);
      const header = { [clientAddressHeader]: attachment.clientAddress };
      const response = await transportOf(rpc).unary(rpc, signal, timeoutMs, header, request, identityOf(attachment));
      return { message: response.message };
    },
    async *serverStream(method, request, { attachment, signal }) {
      const rpc = method as DescMethodServerStreaming;
      const response = await transportOf(rpc).stream(rpc, signal, 0, undefined, only(request), identityOf(attachment));
      yield* response.message;
    },
  };
}

/** A user's call is made for the user; whatever anybody may call is called in the gateway's own name, so that its headers are believed. */
function identityOf({ principal }: Attachment): ContextValues | undefined {
  return principal.kind === "user" ? actAs(principal) : undefined;
}

async function* only(message: Message): AsyncGenerator<Message> {
  yield message;
}
