import type { DescMethodServerStreaming, DescMethodUnary, Message } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { actAs, type Principal } from "@flashdeal/runtime/auth";
import type { UpstreamName } from "@flashdeal/runtime/lifecycle";
import { applyIdempotencyKey } from "../idempotency-key.ts";
import type { TranscodeCall } from "../transcode/index.ts";
import { upstreams } from "./upstreams.ts";

/** What a request brings along besides its message. */
export interface Attachment {
  readonly principal: Principal;
}

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
      const response = await transportOf(rpc).unary(rpc, signal, timeoutMs, undefined, request, actAs(attachment.principal));
      return { message: response.message };
    },
    async *serverStream(method, request, { attachment, signal }) {
      const rpc = method as DescMethodServerStreaming;
      const response = await transportOf(rpc).stream(rpc, signal, 0, undefined, only(request), actAs(attachment.principal));
      yield* response.message;
    },
  };
}

async function* only(message: Message): AsyncGenerator<Message> {
  yield message;
}
