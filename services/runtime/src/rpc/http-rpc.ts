import type { IncomingMessage, ServerResponse } from "node:http";
import type { Message } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { createConnectRouter, type HandlerContext, type MethodImpl } from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { UniversalHandler, UniversalServerResponse } from "@connectrpc/connect/protocol";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc-web";
import type { DescMethod } from "@bufbuild/protobuf";
import { ErrorReason, reasonError } from "../errors/index.ts";
import { abortError, rememberContextDeadline } from "./call-deadline.ts";
import { completeResponse, errorResponse } from "./http-errors.ts";
import { answersWithStream, type CallResponse } from "./interceptor.ts";
import { notImplementedError, type MethodHandler } from "./method-handler.ts";

/** Answers one request, and whether there was a method at its path. */
export type HttpRpcHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What the HTTP side of the rpcs needs to know. */
export interface HttpRpcOptions {
  readonly maxMessageBytes: number;
  /** Fires when the server drains: open streams end. */
  readonly shutdownSignal: AbortSignal;
}

/** Serves the methods over Connect and gRPC-Web, with the same interceptors and errors as gRPC. */
export function createHttpRpcHandler(handlers: readonly MethodHandler[], options: HttpRpcOptions): HttpRpcHandler {
  const { maxMessageBytes, shutdownSignal } = options;
  const router = createConnectRouter({ grpc: false, acceptCompression: [], readMaxBytes: maxMessageBytes });
  for (const handler of handlers) {
    router.rpc(handler.method, implementation(handler), answersWithStream(handler.method) ? { shutdownSignal } : {});
  }
  const byPath = new Map<string, UniversalHandler>(router.handlers.map((handler) => [handler.requestPath, handler]));
  return async (request, response) => {
    const path = request.url?.split("?", 1)[0] ?? "";
    const handler = byPath.get(path);
    try {
      const answer = handler === undefined ? unknownPath(request, path) : await handle(handler, request, response, maxMessageBytes);
      await universalResponseToNodeResponse(answer, response);
    } catch {
      // The client is gone, or its request cannot be read as HTTP: there is nobody to answer.
      response.destroy();
    }
  };
}

async function handle(handler: UniversalHandler, request: IncomingMessage, response: ServerResponse, maxMessageBytes: number): Promise<UniversalServerResponse> {
  if (request.method === "GET" && !hasReadableMessage(request.url ?? "")) {
    return errorResponse(reasonError(ErrorReason.MALFORMED_REQUEST, "The parameter message is not base64."));
  }
  const answer = await handler(universalRequestFromNodeRequest(request, response, undefined, undefined));
  return completeResponse(answer, maxMessageBytes);
}

/** Connect takes a message that is not base64 for a fault of the server. */
function hasReadableMessage(url: string): boolean {
  const parameters = new URLSearchParams(url.slice(url.indexOf("?") + 1));
  if (parameters.get("base64") !== "1") return true;
  try {
    base64Decode(parameters.get("message") ?? "");
    return true;
  } catch {
    return false;
  }
}

function implementation({ method, invoke }: MethodHandler): MethodImpl<DescMethod> {
  if (!answersWithStream(method)) {
    const call: MethodImpl<DescMethod> = (async (request: Message, context: HandlerContext): Promise<CallResponse> => {
      rememberContextDeadline(context);
      return raceWithSignal(invoke(request, context), context.signal);
    }) as MethodImpl<DescMethod>;
    return call;
  }
  async function* stream(request: Message, context: HandlerContext): AsyncGenerator<Message> {
    rememberContextDeadline(context);
    yield* (await invoke(request, context)) as AsyncIterable<Message>;
  }
  return stream as MethodImpl<DescMethod>;
}

/** Answers when the deadline passes, as grpc-js does, even if the handler does not look at its signal. */
async function raceWithSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(abortError(signal));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function unknownPath(request: IncomingMessage, path: string): UniversalServerResponse {
  const error = notImplementedError(path);
  if (request.headers["content-type"]?.startsWith("application/grpc-web") !== true) {
    return { ...errorResponse(error), status: 404 };
  }
  // gRPC-Web answers in the headers where there is no body ("trailers-only").
  const header = new Headers({ "content-type": request.headers["content-type"], "content-length": "0" });
  return { status: 200, header: setTrailerStatus(header, error) };
}
