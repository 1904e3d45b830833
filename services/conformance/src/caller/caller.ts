import type { DescMessage, DescMethodServerStreaming, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Outcome } from "./outcome.ts";

/** The ways into a platform. */
export type Protocol = "rest" | "grpc";

export interface CallOptions {
  /** Access token. Default: none. */
  readonly token?: string;
  /** Idempotency key. Default: none. */
  readonly key?: string;
}

export interface StreamOptions extends CallOptions {
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

/** Calls the contract's methods through one protocol, and tells what came of it in the same words for each. */
export interface Caller {
  readonly protocol: Protocol;
  /** Never rejects for an answer of the server, only where none came. */
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<Outcome<MessageShape<O>>>;
  /** Throws a CallFailure where the server refuses or ends it with an error. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    options: StreamOptions,
  ): AsyncIterable<MessageShape<O>>;
  /** Ends its connections. */
  close(): void;
}
