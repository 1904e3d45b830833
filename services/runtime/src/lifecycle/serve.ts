import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { createAuthInterceptor, type TokenVerifier } from "../auth/index.ts";
import {
  createGrpcServer,
  createHealth,
  createHttpServer,
  createRequestIdInterceptor,
  createValidationInterceptor,
  type CallObserver,
  type ReadinessCheck,
  type RpcServer,
  type ServerInterceptor,
  type ServiceRoutes,
  type TlsOptions,
} from "../rpc/index.ts";
import { createAccessLog, createCallMetrics, createTraceInterceptor } from "../telemetry/index.ts";
import type { Background } from "./composition.ts";
import type { ReleaseStack } from "./release-stack.ts";
import { StartError } from "./run-process.ts";
import type { ListenerConfig } from "./service-config.ts";

/** What every call goes through, in this order: trace, identity and role, request id, the contract's rules. */
export function standardInterceptors(verifier: TokenVerifier): readonly ServerInterceptor[] {
  return [createTraceInterceptor(), createAuthInterceptor(verifier), createRequestIdInterceptor(), createValidationInterceptor()];
}

/** What every call is told to: the access log and the metrics. */
export function standardObservers(log: Logger, metrics: Registry): readonly CallObserver[] {
  return [createAccessLog(log), createCallMetrics(metrics)];
}

/** What a process serves once it is composed. */
export interface ServeOptions {
  readonly config: ListenerConfig & { readonly drainTimeoutMs: number };
  readonly routes: readonly ServiceRoutes[];
  readonly verifier: TokenVerifier;
  readonly tls?: TlsOptions;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly readiness: readonly ReadinessCheck[];
}

/** Where a process listens. */
export interface Listening {
  readonly grpcPort: number;
  readonly httpPort: number;
}

/**
 * Opens the gRPC and the HTTP listener of a process over the same routes; both are drained when `stack` is released. Throws a
 * `StartError` that names the setting where a port is taken.
 */
export async function serve(options: ServeOptions, stack: ReleaseStack): Promise<Listening> {
  const { config, routes, log, metrics, readiness, tls } = options;
  const { maxMessageBytes, drainTimeoutMs } = config;
  const health = createHealth(routes.map(({ service }) => service.typeName));
  const common = { routes, health, interceptors: standardInterceptors(options.verifier), observers: standardObservers(log, metrics), maxMessageBytes, drainTimeoutMs };
  const grpc = createGrpcServer({ ...common, host: config.grpcHost, port: config.grpcPort, ...(tls && { tls }) });
  const http = createHttpServer({ ...common, host: config.httpHost, port: config.httpPort, metrics, readiness });
  stack.push("http listener", () => http.drain());
  stack.push("grpc listener", () => grpc.drain());
  const grpcPort = await listen(grpc, "gRPC", config.grpcHost, config.grpcPort, "GRPC_PORT");
  const httpPort = await listen(http, "HTTP", config.httpHost, config.httpPort, "HTTP_PORT");
  return { grpcPort, httpPort };
}

/** Starts a listener. Throws a `StartError` that says which setting to change where the port cannot be had. */
export async function listen(server: Pick<RpcServer, "start">, what: string, host: string, port: number, setting: string): Promise<number> {
  try {
    return (await server.start()).port;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE") {
      throw new StartError(`Port ${port} for ${what} on ${host} is taken by another process. Stop that process, or set ${setting} to another port.`, { cause: error });
    }
    throw new StartError(`Cannot listen for ${what} on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}. ${setting} sets the port.`, { cause: error });
  }
}

/** Starts background work in order; each is drained when `stack` is released, also where its start fails. */
export async function startBackground(background: readonly Background[], stack: ReleaseStack): Promise<void> {
  for (const work of background) {
    stack.push(work.name, () => work.drain());
    await work.start();
  }
}
