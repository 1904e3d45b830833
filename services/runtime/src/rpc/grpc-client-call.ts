import { fromBinary, toBinary, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { ConnectError, StreamRequest, StreamResponse, UnaryRequest, UnaryResponse } from "@connectrpc/connect";
import { status as GrpcStatus, type CallOptions, type Client, type Metadata, type ServiceError, type StatusObject } from "@grpc/grpc-js";
import { internalError } from "../errors/index.ts";
import { abortError, deadlineExceeded } from "./call-deadline.ts";
import { errorFromFailure, hasDetails } from "./grpc-status.ts";
import { headersFromMetadata } from "./metadata.ts";

/** One call on its way to the wire. */
export interface WireCall {
  readonly client: Client;
  readonly address: string;
  readonly path: string;
  readonly metadata: Metadata;
  readonly options: CallOptions;
  readonly signal: AbortSignal;
}

interface Cancellable {
  cancel(): void;
}

const sameBytes = (bytes: Buffer): Buffer => bytes;
const noHeaders = (): Headers => new Headers();

function encode(desc: DescMessage, message: Message): Buffer {
  const bytes = toBinary(desc, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decode(desc: DescMessage, bytes: Uint8Array, address: string): Message {
  try {
    return fromBinary(desc, bytes);
  } catch (cause) {
    throw internalError(new Error(`${address} answered with an unreadable ${desc.typeName}`, { cause }));
  }
}

function toError(failure: ServiceError, call: WireCall): ConnectError {
  if (call.signal.aborted) return abortError(call.signal);
  if (!hasDetails(failure) && failure.code === GrpcStatus.DEADLINE_EXCEEDED) return deadlineExceeded();
  return errorFromFailure(failure, call.address);
}

/** Cancels `call` when the signal fires; answers the function that ends the watch. */
function cancelOnAbort(signal: AbortSignal, call: Cancellable): () => void {
  const onAbort = (): void => call.cancel();
  signal.addEventListener("abort", onAbort, { once: true });
  return () => signal.removeEventListener("abort", onAbort);
}

/** Sends a unary call. Headers and trailers of the answer become `Headers` only when somebody looks. */
export function sendUnary(request: UnaryRequest, call: WireCall): Promise<UnaryResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<UnaryResponse>();
  const { method } = request;
  const bytes = encode(method.input, request.message);
  const received: Received = {};
  const surface = call.client.makeUnaryRequest(call.path, sameBytes, sameBytes, bytes, call.metadata, call.options, (failure, value) => {
    stopWatching();
    if (failure !== null) {
      reject(toError(failure, call));
      return;
    }
    try {
      const message = decode(method.output, value as Buffer, call.address);
      resolve(new GrpcUnaryResponse(request, message, received));
    } catch (error) {
      reject(error);
    }
  });
  surface.once("metadata", (metadata: Metadata) => (received.header = metadata));
  surface.once("status", (status: StatusObject) => (received.trailer = status.metadata));
  const stopWatching = cancelOnAbort(call.signal, surface);
  return promise;
}

/** What came beside the message; the trailer comes right after it. */
interface Received {
  header?: Metadata;
  trailer?: Metadata;
}

/** A class: the getters of an object literal are part of its hidden class, which V8 makes in the old generation, one for each object; with it the call would live to the next full collection. */
class GrpcUnaryResponse implements UnaryResponse {
  readonly stream = false;
  readonly service: UnaryResponse["service"];
  readonly method: UnaryResponse["method"];
  readonly message: Message;
  readonly #received: Received;

  constructor({ service, method }: Pick<UnaryResponse, "service" | "method">, message: Message, received: Received) {
    this.service = service;
    this.method = method;
    this.message = message;
    this.#received = received;
  }

  get header(): Headers {
    return headersOf(this.#received.header);
  }

  get trailer(): Headers {
    return headersOf(this.#received.trailer);
  }
}

function headersOf(metadata: Metadata | undefined): Headers {
  return metadata === undefined ? noHeaders() : headersFromMetadata(metadata);
}

interface ResponseStream extends AsyncIterable<Buffer>, Cancellable {
  once(event: "metadata", listener: (metadata: Metadata) => void): unknown;
  once(event: "status", listener: (status: StatusObject) => void): unknown;
}

/** Sends a call of which one side or both stream. Leaving the loop over the response cancels it. */
export async function sendStream(request: StreamRequest, call: WireCall): Promise<StreamResponse> {
  const { method } = request;
  const header = noHeaders();
  const trailer = noHeaders();
  const response = { stream: true as const, service: request.service, method, header, trailer };
  if (method.methodKind === "client_streaming") {
    return { ...response, message: clientStream(request, call, header, trailer) };
  }
  const stream = method.methodKind === "server_streaming" ? await serverStream(request, call) : bidiStream(request, call);
  stream.once("metadata", (metadata) => copyTo(header, metadata));
  stream.once("status", (status) => copyTo(trailer, status.metadata));
  return { ...response, message: readStream(stream, method.output, call) };
}

function copyTo(target: Headers, metadata: Metadata): void {
  headersFromMetadata(metadata).forEach((value, key) => target.append(key, value));
}

async function serverStream(request: StreamRequest, call: WireCall): Promise<ResponseStream> {
  for await (const message of request.message) {
    const bytes = encode(request.method.input, message);
    return call.client.makeServerStreamRequest(call.path, sameBytes, sameBytes, bytes, call.metadata, call.options);
  }
  throw internalError(new Error(`${call.path} was called without a request`));
}

interface RequestSink {
  write(bytes: Buffer): boolean;
  end(): unknown;
  once(event: "drain" | "close", listener: () => void): unknown;
}

async function writeAll(request: StreamRequest, sink: RequestSink & Cancellable): Promise<void> {
  try {
    for await (const message of request.message) {
      if (sink.write(encode(request.method.input, message))) continue;
      await new Promise<void>((resolve) => {
        sink.once("drain", resolve);
        sink.once("close", resolve);
      });
    }
    sink.end();
  } catch {
    // The caller's own iterable failed: the call ends as cancelled.
    sink.cancel();
  }
}

function bidiStream(request: StreamRequest, call: WireCall): ResponseStream {
  const stream = call.client.makeBidiStreamRequest(call.path, sameBytes, sameBytes, call.metadata, call.options);
  void writeAll(request, stream);
  return stream;
}

async function* clientStream(request: StreamRequest, call: WireCall, header: Headers, trailer: Headers): AsyncGenerator<Message> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const stream = call.client.makeClientStreamRequest(call.path, sameBytes, sameBytes, call.metadata, call.options, (failure, value) => {
    if (failure === null) resolve(value as Buffer);
    else reject(toError(failure, call));
  });
  stream.once("metadata", (metadata: Metadata) => copyTo(header, metadata));
  stream.once("status", (status: StatusObject) => copyTo(trailer, status.metadata));
  const stopWatching = cancelOnAbort(call.signal, stream);
  void writeAll(request, stream);
  try {
    yield decode(request.method.output, await promise, call.address);
  } finally {
    stopWatching();
  }
}

async function* readStream(stream: ResponseStream, output: DescMessage, call: WireCall): AsyncGenerator<Message> {
  const stopWatching = cancelOnAbort(call.signal, stream);
  let ended = false;
  try {
    for await (const bytes of stream) yield decode(output, bytes, call.address);
    ended = true;
  } catch (failure) {
    ended = true;
    throw isServiceError(failure) ? toError(failure, call) : failure;
  } finally {
    stopWatching();
    if (!ended) stream.cancel();
  }
}

function isServiceError(failure: unknown): failure is ServiceError {
  return failure instanceof Error && "code" in failure && "details" in failure && !("rawMessage" in failure);
}
