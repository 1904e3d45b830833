import { fromBinary, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { handleBidiStreamingCall, handleClientStreamingCall, handleServerStreamingCall, handleUnaryCall } from "@grpc/grpc-js";
import { completeError, ErrorReason, reasonError } from "../errors/index.ts";
import type { LinkedSet } from "../memory/linked-set.ts";
import { encodeMessage } from "./encoded-message.ts";
import { GrpcHandlerContext, type GrpcCall } from "./grpc-handler-context.ts";
import { grpcStatus } from "./grpc-status.ts";
import { metadataFromHeaders } from "./metadata.ts";
import { begin } from "./interceptor.ts";
import type { MethodHandler } from "./method-handler.ts";

/** The calls that are running, so that a draining server can end them. */
export interface OpenCalls {
  /** Calls that answer once: a draining server lets them finish. */
  readonly unary: LinkedSet<GrpcHandlerContext>;
  /** Calls that answer with a stream: a draining server ends them. */
  readonly streams: LinkedSet<GrpcHandlerContext>;
}

/** The function that grpc-js calls for each call of `handler`'s method. Messages arrive and leave as bytes. */
export type GrpcCallHandler =
  | handleUnaryCall<Buffer, Buffer>
  | handleClientStreamingCall<Buffer, Buffer>
  | handleServerStreamingCall<Buffer, Buffer>
  | handleBidiStreamingCall<Buffer, Buffer>;

/** Adapts one method to grpc-js. */
export function createGrpcCallHandler(handler: MethodHandler, open: OpenCalls): GrpcCallHandler {
  switch (handler.method.methodKind) {
    case "unary":
      return unaryHandler(handler, open.unary);
    case "client_streaming":
      return clientStreamHandler(handler, open.unary);
    default:
      return responseStreamHandler(handler, open.streams);
  }
}

/** Reads a request message. Throws MALFORMED_REQUEST where the bytes are not one. */
export function decodeMessage(desc: DescMessage, bytes: Uint8Array): Message {
  try {
    return fromBinary(desc, bytes);
  } catch (cause) {
    throw reasonError(ErrorReason.MALFORMED_REQUEST, `The request is not a readable ${desc.typeName}.`, { cause });
  }
}

type Respond = Parameters<handleUnaryCall<Buffer, Buffer>>[1];

function respond(context: GrpcHandlerContext, call: Pick<GrpcCall, "sendMetadata">, callback: Respond, bytes: Buffer): void {
  const header = metadataFromHeaders(context.sentHeader);
  if (header !== undefined) call.sendMetadata(header);
  callback(null, bytes, metadataFromHeaders(context.sentTrailer));
}

function unaryHandler({ method, invoke }: MethodHandler, open: LinkedSet<GrpcHandlerContext>): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    const context = new GrpcHandlerContext(method, call, callback);
    const link = open.add(context);
    const end = (answer: () => void): void => {
      try {
        answer();
      } catch (thrown) {
        callback(grpcStatus(completeError(thrown, context).error, context.sentTrailer));
      } finally {
        open.delete(link);
        context.end();
        letGoOf(call);
      }
    };
    void begin(() => invoke(decodeMessage(method.input, call.request), context)).then(
      (response) => end(() => respond(context, call, callback, encodeMessage(method.output, response as Message))),
      (thrown: unknown) =>
        end(() => {
          throw thrown;
        }),
    );
  };
}

/**
 * A call that is answered refers to nothing any more: grpc-js makes a `Writable` even of a unary call, and those live to the next full collection
 * (see keep-garbage-young.ts).
 */
function letGoOf(call: Parameters<handleUnaryCall<Buffer, Buffer>>[0]): void {
  call.removeAllListeners();
  Object.assign(call, { call: undefined, metadata: undefined, request: undefined });
}

function clientStreamHandler({ method, invoke }: MethodHandler, open: LinkedSet<GrpcHandlerContext>): handleClientStreamingCall<Buffer, Buffer> {
  return async (call, callback) => {
    const context = new GrpcHandlerContext(method, call, callback);
    const link = open.add(context);
    try {
      const response = await invoke(decodeStream(method.input, call), context);
      respond(context, call, callback, encodeMessage(method.output, response as Message));
    } catch (thrown) {
      callback(grpcStatus(completeError(thrown, context).error, context.sentTrailer));
    } finally {
      open.delete(link);
      context.end();
    }
  };
}

/**
 * The messages of a client's stream. Iterates by hand: where a message cannot be read, `for await` would destroy the call, and with it
 * the way to tell the client why.
 */
async function* decodeStream(desc: DescMessage, call: AsyncIterable<Buffer>): AsyncGenerator<Message> {
  const messages = call[Symbol.asyncIterator]();
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) yield decodeMessage(desc, next.value);
}

type ResponseStreamCall = Parameters<handleServerStreamingCall<Buffer, Buffer>>[0] | Parameters<handleBidiStreamingCall<Buffer, Buffer>>[0];

function responseStreamHandler({ method, invoke }: MethodHandler, open: LinkedSet<GrpcHandlerContext>): (call: ResponseStreamCall) => Promise<void> {
  return async (call) => {
    const context = new GrpcHandlerContext(method, call, (status) => call.emit("error", status));
    const link = open.add(context);
    try {
      const request = "request" in call ? decodeMessage(method.input, call.request) : decodeStream(method.input, call);
      const messages = (await invoke(request, context)) as AsyncIterable<Message>;
      let headerSent = false;
      for await (const message of messages) {
        if (call.cancelled) break;
        if (!headerSent) sendHeader(context, call);
        headerSent = true;
        if (!call.write(encodeMessage(method.output, message))) await drained(call, context);
      }
      if (!headerSent) sendHeader(context, call);
      call.end(metadataFromHeaders(context.sentTrailer));
    } catch (thrown) {
      call.emit("error", grpcStatus(completeError(thrown, context).error, context.sentTrailer));
    } finally {
      open.delete(link);
      context.end();
    }
  };
}

function sendHeader(context: GrpcHandlerContext, call: ResponseStreamCall): void {
  const header = metadataFromHeaders(context.sentHeader);
  if (header !== undefined) call.sendMetadata(header);
}

/** Resolves when the stream takes more, or when the call is over. */
function drained(call: ResponseStreamCall, context: HandlerContext): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      call.off("drain", done);
      context.signal.removeEventListener("abort", done);
      resolve();
    };
    call.once("drain", done);
    context.signal.addEventListener("abort", done);
    if (context.signal.aborted) done();
  });
}
