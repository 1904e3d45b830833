import { setTimeout as sleep } from "node:timers/promises";
import { Server, ServerCredentials, type ServerInterceptor as GrpcJsInterceptor, type ServerOptions } from "@grpc/grpc-js";
import { ErrorReason, reasonError, withErrorInfo } from "../errors/index.ts";
import { Code, ConnectError } from "@connectrpc/connect";
import { createGrpcCallHandler, type GrpcCallHandler, type OpenCalls } from "./grpc-calls.ts";
import { grpcStatus, hasDetails } from "./grpc-status.ts";
import { tooLarge } from "./http-errors.ts";
import { createHealth, type HealthState } from "./health.ts";
import { LinkedSet } from "../memory/linked-set.ts";
import type { ServerInterceptor } from "./interceptor.ts";
import { createMethodHandlers, notImplementedError, type CallObserver } from "./method-handler.ts";
import { createReflectionRoutes } from "./reflection.ts";
import type { ServiceRoutes } from "./service-routes.ts";
import type { TlsOptions } from "./tls.ts";

/** How a gRPC server listens and what it serves. */
export interface GrpcServerOptions {
  /** For example "0.0.0.0", or "127.0.0.1" for this machine only. */
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  readonly routes: readonly ServiceRoutes[];
  /** Run around every call of `routes`, the first outermost; not around health and reflection. Default: none. */
  readonly interceptors?: readonly ServerInterceptor[];
  /** Learn how each call of `routes` ended. Default: none. */
  readonly observers?: readonly CallObserver[];
  /** Default: plain text. */
  readonly tls?: TlsOptions;
  /** Largest request that is taken. Default: 4 MiB. */
  readonly maxMessageBytes?: number;
  /** Calls that run at once on one connection; more wait. Default: 10,000. */
  readonly maxConcurrentStreams?: number;
  /** How long `drain` waits for running calls. Default: 10 s. */
  readonly drainTimeoutMs?: number;
  /** Shared with the HTTP server of the same process. Default: one of its own. */
  readonly health?: HealthState;
  /** Whether clients may ask for the descriptors (grpcurl, ghz, Postman). Default: true. */
  readonly reflection?: boolean;
}

/** A server with the three words of its life. */
export interface RpcServer {
  /** Listens. Rejects with `code` EADDRINUSE where the port is taken. */
  start(): Promise<{ readonly port: number }>;
  /** Stops accepting, says NOT_SERVING, ends open streams with UNAVAILABLE and waits for running calls up to the limit. */
  drain(): Promise<void>;
  /** Ends every call and connection now. Safe to call twice. */
  close(): Promise<void>;
}

const defaults = { maxMessageBytes: 4 * 1024 * 1024, maxConcurrentStreams: 10_000, drainTimeoutMs: 10_000 };

/** A gRPC server on grpc-js, with grpc.health.v1 and server reflection. */
export function createGrpcServer(options: GrpcServerOptions): RpcServer {
  const { routes } = options;
  const maxMessageBytes = options.maxMessageBytes ?? defaults.maxMessageBytes;
  const health = options.health ?? createHealth(routes.map(({ service }) => service.typeName));
  const reflected = routes.map(({ service }) => service);
  const infrastructure = [health.routes, ...((options.reflection ?? true) ? createReflectionRoutes([...reflected, health.routes.service]) : [])];
  const open: OpenCalls = { unary: new LinkedSet(), streams: new LinkedSet() };
  const server = new Server({
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": options.maxConcurrentStreams ?? defaults.maxConcurrentStreams,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc.enable_channelz": 0,
    interceptors: [completeStatuses(maxMessageBytes)],
  } satisfies ServerOptions);
  const handlers = [
    ...createMethodHandlers(infrastructure, { interceptors: [], observers: [] }),
    ...createMethodHandlers(routes, { interceptors: options.interceptors ?? [], observers: options.observers ?? [] }),
  ];
  for (const handler of handlers) {
    const path = `/${handler.service.typeName}/${handler.method.name}`;
    register(server, path, createGrpcCallHandler(handler, open), handler.method.methodKind);
  }
  answerUnknownPaths(server);
  return createRpcServer(server, options, health, open);
}

function createRpcServer(server: Server, options: GrpcServerOptions, health: HealthState, open: OpenCalls): RpcServer {
  const drainTimeoutMs = options.drainTimeoutMs ?? defaults.drainTimeoutMs;
  return {
    start() {
      const { promise, resolve, reject } = Promise.withResolvers<{ readonly port: number }>();
      const address = `${options.host.includes(":") ? `[${options.host}]` : options.host}:${options.port}`;
      server.bindAsync(address, credentials(options.tls), (error, port) => {
        if (error === null) resolve({ port });
        else reject(Object.assign(error, { code: /EADDRINUSE/.test(error.message) ? "EADDRINUSE" : undefined }));
      });
      return promise;
    },
    async drain() {
      health.setServing(false);
      for (const context of open.streams) context.abort(stopping());
      const finished = Promise.withResolvers<void>();
      server.tryShutdown(() => finished.resolve());
      await Promise.race([finished.promise, sleep(drainTimeoutMs, undefined, { ref: false })]);
      await cutCalls(open);
      server.forceShutdown();
    },
    async close() {
      health.setServing(false);
      await cutCalls(open);
      server.forceShutdown();
    },
  };
}

function stopping(): ConnectError {
  return reasonError(ErrorReason.SERVICE_UNAVAILABLE, "The server is stopping. Try again.");
}

/** Time for the last answers to leave before the connections go. */
const lastAnswersMs = 20;

async function cutCalls(open: OpenCalls): Promise<void> {
  const contexts = [...open.streams, ...open.unary];
  for (const context of contexts) context.cut(stopping());
  if (contexts.length > 0) await sleep(lastAnswersMs);
}

function credentials(tls: TlsOptions | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { cert, key, ca } = tls;
  if (cert === undefined || key === undefined) throw new Error("a TLS server needs a certificate and its key");
  return ServerCredentials.createSsl(ca ?? null, [{ private_key: key, cert_chain: cert }], ca !== undefined);
}

const sameBytes = (bytes: Buffer): Buffer => bytes;
const grpcJsTypes = { unary: "unary", server_streaming: "serverStream", client_streaming: "clientStream", bidi_streaming: "bidi" };

function register(server: Server, path: string, handle: GrpcCallHandler, kind: keyof typeof grpcJsTypes): void {
  server.register<Buffer, Buffer>(path, handle, sameBytes, sameBytes, grpcJsTypes[kind]);
}

/**
 * Gives the statuses that grpc-js makes by itself (message too large, deadline passed, broken compression) their
 * ErrorInfo. grpc-js hands an interceptor the call that it sends them through, and offers no other place to see them; so
 * the call's own `sendStatus` is wrapped, on the instance, by one function that all calls share.
 */
function completeStatuses(maxMessageBytes: number): GrpcJsInterceptor {
  type Call = Parameters<GrpcJsInterceptor>[1];
  const sendStatus: Call["sendStatus"] = function (this: Call, status) {
    const { sendStatus: send } = Object.getPrototypeOf(this) as Call;
    const ready = status.code === 0 || (status.metadata !== undefined && status.metadata !== null && hasDetails({ metadata: status.metadata }));
    send.call(this, ready ? status : grpcStatus(ownStatus(status.code ?? Code.Unknown, maxMessageBytes)));
  };
  return (_method, call) => {
    call.sendStatus = sendStatus;
    return call as ReturnType<GrpcJsInterceptor>;
  };
}

function ownStatus(code: number, maxMessageBytes: number): ConnectError {
  switch (code) {
    case Code.ResourceExhausted:
      return tooLarge(maxMessageBytes);
    case Code.DeadlineExceeded:
      return reasonError(ErrorReason.DEADLINE_EXCEEDED, "The call did not finish before its deadline.");
    case Code.Internal:
      return reasonError(ErrorReason.MALFORMED_REQUEST, "The request does not follow the gRPC protocol.");
    default:
      return withErrorInfo(new ConnectError("The call was refused by the protocol layer.", code));
  }
}

/**
 * Answers paths that no service of this server has, with details, as every other error. grpc-js answers them without
 * asking anybody; its table of handlers is the only place to come before it.
 */
function answerUnknownPaths(server: Server): void {
  const known: unknown = Reflect.get(server, "handlers");
  if (!(known instanceof Map)) throw new Error("grpc-js keeps its handlers elsewhere in this version");
  const table = { get: (path: string): unknown => known.get(path) ?? unknownPath(path) };
  Reflect.set(server, "handlers", Object.setPrototypeOf(table, known));
}

function unknownPath(path: string): unknown {
  const func = (call: { emit(event: "error", status: unknown): void }): void => {
    call.emit("error", grpcStatus(notImplementedError(path)));
  };
  return { func, serialize: sameBytes, deserialize: sameBytes, type: grpcJsTypes.bidi_streaming, path };
}
