import type { EventEmitter } from "node:events";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { createContextValues, type ContextValues, type HandlerContext } from "@connectrpc/connect";
import type { Metadata, ServerUnaryCall, ServerDuplexStream, ServerReadableStream, ServerWritableStream } from "@grpc/grpc-js";
import { callCancelled, deadlineExceeded, rememberDeadline } from "./call-deadline.ts";
import { headersFromMetadata } from "./metadata.ts";
import type { HeaderLookup } from "./request-header.ts";

/** Any call of grpc-js; messages are bytes until the handler's own types take over. */
export type GrpcCall =
  | ServerUnaryCall<Buffer, Buffer>
  | ServerReadableStream<Buffer, Buffer>
  | ServerWritableStream<Buffer, Buffer>
  | ServerDuplexStream<Buffer, Buffer>;

/** Connect's handler context over a grpc-js call. Everything is made on first use: most calls read two headers and no more. */
export class GrpcHandlerContext implements HandlerContext, HeaderLookup {
  readonly protocolName = "grpc";
  readonly requestMethod = "POST";
  readonly service: DescService;
  readonly method: DescMethod;
  readonly #call: GrpcCall;
  readonly #deadlineMs: number;
  #controller: AbortController | undefined;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;
  #values: ContextValues | undefined;

  constructor(method: DescMethod, call: GrpcCall) {
    this.service = method.parent;
    this.method = method;
    this.#call = call;
    this.#deadlineMs = Number(call.getDeadline());
  }

  get url(): string {
    return `http://${this.#call.getHost()}${this.#call.getPath()}`;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#deadlineMs !== Infinity) rememberDeadline(this.#controller.signal, this.#deadlineMs);
      if (this.#call.cancelled) this.#onCancelled();
      else (this.#call as EventEmitter).once("cancelled", () => this.#onCancelled());
    }
    return this.#controller.signal;
  }

  readonly timeoutMs = (): number | undefined =>
    this.#deadlineMs === Infinity ? undefined : this.#deadlineMs - Date.now();

  lookUpHeader(name: string): string | undefined {
    const [value] = this.#call.metadata.get(name);
    return typeof value === "object" ? value.toString("base64") : value;
  }

  get requestHeader(): Headers {
    return (this.#requestHeader ??= headersFromMetadata(this.#call.metadata));
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

  /** The metadata that came with the call. */
  get metadata(): Metadata {
    return this.#call.metadata;
  }

  /** Fires the signal: the call is over, or the server wants it to be. */
  abort(reason: unknown): void {
    void this.signal;
    this.#controller?.abort(reason);
  }

  #onCancelled(): void {
    this.#controller?.abort(Date.now() >= this.#deadlineMs ? deadlineExceeded() : callCancelled());
  }
}
