import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { create, isMessage, type DescMessage, type DescMethodStreaming, type DescMethodUnary, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { createContextValues, type Interceptor, type StreamRequest, type StreamResponse, type Transport, type UnaryRequest, type UnaryResponse } from "@connectrpc/connect";
import { Client, credentials, Metadata, type ChannelCredentials, type ClientOptions } from "@grpc/grpc-js";
import { abortError, deadlineExceeded, remainingMs } from "./call-deadline.ts";
import { forgetEndedCalls } from "./forget-ended-calls.ts";
import { sendStream, sendUnary, type WireCall } from "./grpc-client-call.ts";
import { addHeaders } from "./metadata.ts";
import type { TlsOptions } from "./tls.ts";

/** Where a gRPC client calls and how. */
export interface GrpcTransportOptions {
  /** `host:port`. */
  readonly address: string;
  /** Default: plain text. */
  readonly tls?: TlsOptions;
  /** The deadline of unary calls whose caller names none and passes no signal of a call that has one. Default: 10 s. 0: none. */
  readonly defaultTimeoutMs?: number;
  /** Largest response that is taken. Default: 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Run around every call, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** Connections to the server, taken in turn. Default: 1. */
  readonly connections?: number;
  /** Whether calls wait for a server that cannot be reached, up to their deadline. Default: false, they fail at once. */
  readonly waitForReady?: boolean;
}

/** Connect's transport, and an end to it. */
export interface GrpcTransport extends Transport {
  /** Ends the connections when the running calls are over. New calls fail. */
  close(): void;
}

type HeaderInit = ConstructorParameters<typeof Headers>[0];
type AnyRequest = UnaryRequest | StreamRequest;
type Send = (request: AnyRequest) => Promise<UnaryResponse | StreamResponse>;

const defaults = { timeoutMs: 10_000, maxMessageBytes: 16 * 1024 * 1024, connections: 1 };
const neverAborted = new AbortController().signal;

/**
 * Calls services through grpc-js: `createClient(OrderService, createGrpcTransport({ address }))`. Errors arrive as
 * `ConnectError` with their details and a reason. A signal cancels the call, and where it belongs to a call that this
 * process serves, what is left of that call's deadline travels on. A lost connection is made again after 0.1 to 2 s.
 */
export function createGrpcTransport(options: GrpcTransportOptions): GrpcTransport {
  forgetEndedCalls();
  const clients = Array.from({ length: options.connections ?? defaults.connections }, () =>
    new Client(options.address, clientCredentials(options.tls), clientOptions(options)),
  );
  let turn = 0;
  // Keyed by the header object, the one part of a request that is made per call and that interceptors hand on as it is.
  const deadlines = new WeakMap<Headers, number>();
  const metadataOptions = { waitForReady: options.waitForReady ?? false };

  const wireCall = (request: AnyRequest): WireCall => {
    const deadlineMs = deadlines.get(request.header);
    turn = (turn + 1) % clients.length;
    return {
      client: clients[turn] as Client,
      address: options.address,
      path: `/${request.service.typeName}/${request.method.name}`,
      metadata: addHeaders(new Metadata(metadataOptions), request.header),
      options: deadlineMs === undefined ? {} : { deadline: deadlineMs },
      signal: request.signal,
    };
  };
  const send: Send = (request) => (request.stream ? sendStream(request, wireCall(request)) : sendUnary(request, wireCall(request)));
  const composed = (options.interceptors ?? []).reduceRight<Send>((next, interceptor) => interceptor(next), send);

  const begin = (
    method: DescMethodUnary | DescMethodStreaming,
    signal: AbortSignal | undefined,
    timeoutMs: number,
    init: HeaderInit | undefined,
  ): Pick<UnaryRequest, "service" | "requestMethod" | "url" | "signal" | "header"> => {
    if (signal?.aborted === true) throw abortError(signal);
    if (timeoutMs <= 0) throw deadlineExceeded();
    const header = new Headers(init);
    if (timeoutMs !== Infinity) deadlines.set(header, Date.now() + timeoutMs);
    const url = `http://${options.address}/${method.parent.typeName}/${method.name}`;
    return { service: method.parent, requestMethod: "POST", url, signal: signal ?? neverAborted, header };
  };
  const defaultTimeoutMs = options.defaultTimeoutMs ?? defaults.timeoutMs;

  return {
    async unary<I extends DescMessage, O extends DescMessage>(
      method: DescMethodUnary<I, O>,
      signal: AbortSignal | undefined,
      timeoutMs: number | undefined,
      header: HeaderInit | undefined,
      input: MessageInitShape<I>,
      contextValues = createContextValues(),
    ): Promise<UnaryResponse<I, O>> {
      const call = begin(method, signal, effectiveTimeoutMs(timeoutMs, remainingMs(signal), defaultTimeoutMs), header);
      const message = normalize(method.input, input);
      return (await composed({ ...call, contextValues, stream: false, method, message })) as UnaryResponse<I, O>;
    },
    async stream<I extends DescMessage, O extends DescMessage>(
      method: DescMethodStreaming<I, O>,
      signal: AbortSignal | undefined,
      timeoutMs: number | undefined,
      header: HeaderInit | undefined,
      input: AsyncIterable<MessageInitShape<I>>,
      contextValues = createContextValues(),
    ): Promise<StreamResponse<I, O>> {
      const call = begin(method, signal, effectiveTimeoutMs(timeoutMs, remainingMs(signal), 0), header);
      const message = normalizeAll(method.input, input);
      return (await composed({ ...call, contextValues, stream: true, method, message })) as StreamResponse<I, O>;
    },
    close() {
      for (const client of clients) client.close();
    },
  };
}

/** The shorter of what the caller asks for (0 or less: no limit) and what is left to the call that it serves. */
function effectiveTimeoutMs(asked: number | undefined, leftMs: number | undefined, defaultMs: number): number {
  const own = asked ?? (leftMs === undefined ? defaultMs : 0);
  return Math.min(own <= 0 ? Infinity : own, leftMs ?? Infinity);
}

function normalize<Desc extends DescMessage>(desc: Desc, message: MessageInitShape<Desc>): MessageShape<Desc> {
  return isMessage(message, desc) ? message : create(desc, message);
}

async function* normalizeAll<Desc extends DescMessage>(desc: Desc, messages: AsyncIterable<MessageInitShape<Desc>>): AsyncGenerator<MessageShape<Desc>> {
  for await (const message of messages) yield normalize(desc, message);
}

function clientCredentials(tls: TlsOptions | undefined): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  if (tls.pinnedCert !== undefined) return pinnedCredentials(tls, new X509Certificate(tls.pinnedCert));
  return credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
}

function pinnedCredentials({ cert, key }: TlsOptions, pinned: X509Certificate): ChannelCredentials {
  const context = createSecureContext({ ca: pinned.toString(), allowPartialTrustChain: true, ...(cert && { cert }), ...(key && { key }) });
  const checkServerIdentity = (_name: string, shown: { readonly raw: Buffer }): Error | undefined =>
    shown.raw.equals(pinned.raw) ? undefined : new Error("the server shows another certificate than the one that it must have");
  return credentials.createFromSecureContext(context, { checkServerIdentity });
}

function clientOptions(options: GrpcTransportOptions): ClientOptions {
  return {
    // A pinned certificate is compared as it is; the name only has to be one, which an address is not.
    ...(options.tls?.pinnedCert && { "grpc.ssl_target_name_override": "localhost" }),
    "grpc.max_receive_message_length": options.maxMessageBytes ?? defaults.maxMessageBytes,
    "grpc.max_send_message_length": -1,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2_000,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_channelz": 0,
    "grpc.enable_http_proxy": 0,
    "grpc.service_config_disable_resolution": 1,
  };
}
