import type { EventEmitter } from "node:events";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { createContextValues, type ConnectError, type ContextValues, type HandlerContext } from "@connectrpc/connect";
import type { ServerUnaryCall, ServerDuplexStream, ServerReadableStream, ServerWritableStream } from "@grpc/grpc-js";
import { callCancelled, deadlineExceeded, rememberDeadline } from "./call-deadline.ts";
import type { CallSignal, CallSignalSource } from "./call-signal.ts";
import { grpcStatus, type GrpcStatus } from "./grpc-status.ts";
import { headersFromMetadata } from "./metadata.ts";
import type { HeaderLookup } from "./request-header.ts";

/** Any call of grpc-js; messages are bytes until the handler's own types take over. */
export type GrpcCall =
  | ServerUnaryCall<Buffer, Buffer>
  | ServerReadableStream<Buffer, Buffer>
  | ServerWritableStream<Buffer, Buffer>
  | ServerDuplexStream<Buffer, Buffer>;

const nobody: readonly (() => void)[] = [];

/** Connect's handler context over a grpc-js call. Everything is made on first use: most calls read two headers and no more. */
export class GrpcHandlerContext implements HandlerContext, HeaderLookup, CallSignal, CallSignalSource {
  readonly protocolName = "grpc";
  readonly requestMethod = "POST";
  readonly service: DescService;
  readonly method: DescMethod;
  readonly #call: GrpcCall;
  /** Headers can be read after the answer too; of a unary call nothing else can: it refers to nothing then. */
  readonly #metadata: GrpcCall["metadata"];
  readonly #deadlineMs: number;
  readonly #fail: (status: GrpcStatus) => void;
  #controller: AbortController | undefined;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;
  #values: ContextValues | undefined;
  #reason: ConnectError | undefined;
  #listeners: readonly (() => void)[] = nobody;
  #watching = false;
  #ended = false;

  /** `fail` ends the call with a status; used where the server does not wait for the handler any longer. */
  constructor(method: DescMethod, call: GrpcCall, fail: (status: GrpcStatus) => void) {
    this.service = method.parent;
    this.method = method;
    this.#call = call;
    this.#metadata = call.metadata;
    this.#fail = fail;
    this.#deadlineMs = Number(call.getDeadline());
  }

  get url(): string {
    return `http://${this.#call.getHost()}${this.#call.getPath()}`;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      if (this.#deadlineMs !== Infinity) rememberDeadline(controller.signal, this.#deadlineMs);
      this.#watch();
      if (this.aborted) controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  /** The context itself: a call that only waits needs no further object. */
  get callSignal(): CallSignal {
    this.#watch();
    return this;
  }

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  get reason(): ConnectError | undefined {
    return this.#reason;
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners = this.#listeners === nobody ? [listener] : [...this.#listeners, listener];
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const [first] = this.#listeners;
    this.#listeners = first === listener && this.#listeners.length === 1 ? nobody : this.#listeners.filter((other) => other !== listener);
  }

  timeoutMs(): number | undefined {
    return this.#deadlineMs === Infinity ? undefined : this.#deadlineMs - Date.now();
  }

  lookUpHeader(name: string): string | undefined {
    const [value] = this.#metadata.get(name);
    return typeof value === "object" ? value.toString("base64") : value;
  }

  get requestHeader(): Headers {
    return (this.#requestHeader ??= headersFromMetadata(this.#metadata));
  }

  get responseHeader(): Headers {
    return (this.#responseHeader ??= new Headers());
  }

  get responseTrailer(): Headers {
    return (this.#responseTrailer ??= new Headers());
  }

  get values(): ContextValues {
    return (this.#values ??= createContextValues());
  }

  /** Response headers, where the handler set any. */
  get sentHeader(): Headers | undefined {
    return this.#responseHeader;
  }

  /** Response trailers, where the handler set any. */
  get sentTrailer(): Headers | undefined {
    return this.#responseTrailer;
  }

  /** The handler is done. grpc-js reports every call as cancelled when its stream closes: from now on that means nothing. */
  end(): void {
    this.#ended = true;
  }

  /** Fires the signal: the server wants the call to end. */
  abort(reason: ConnectError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    const listeners = this.#listeners;
    this.#listeners = nobody;
    for (const listener of listeners) listener();
  }

  /** Ends the call now, whatever its handler does. */
  cut(error: ConnectError): void {
    this.#fail(grpcStatus(error));
    this.abort(error);
  }

  /** Fires when the caller goes away; nobody needs to know before somebody asks. */
  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    if (this.#call.cancelled) this.#onCancelled();
    else (this.#call as EventEmitter).on("cancelled", () => this.#onCancelled());
  }

  #onCancelled(): void {
    if (this.#ended) return;
    this.abort(Date.now() >= this.#deadlineMs ? deadlineExceeded() : callCancelled());
  }
}
