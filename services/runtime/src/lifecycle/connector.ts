import type { Transport } from "@connectrpc/connect";
import { createInternalCallInterceptor, type InternalTokenSource } from "../auth/index.ts";
import { createGrpcTransport, type GrpcTransport, type TlsOptions } from "../rpc/index.ts";
import { createTraceCallInterceptor } from "../telemetry/index.ts";
import type { UpstreamName } from "./composition.ts";

/** The ways from one service to the others. */
export interface Connector {
  /** The same transport for the same name; the connection is made with the first call. */
  connect(service: UpstreamName): Transport;
  close(): void;
}

/** How the others are reached. */
export interface ConnectorOptions {
  readonly addressOf: (service: UpstreamName) => string;
  readonly tokens: InternalTokenSource;
  readonly tls?: TlsOptions;
  /** Deadline of calls that name none and serve no other call. */
  readonly timeoutMs: number;
  /** Connections per service. */
  readonly connections: number;
}

/** Transports that carry the service's internal token and the trace. */
export function createConnector(options: ConnectorOptions): Connector {
  const transports = new Map<UpstreamName, GrpcTransport>();
  const interceptors = [createTraceCallInterceptor(), createInternalCallInterceptor(options.tokens)];
  return {
    connect(service) {
      const known = transports.get(service);
      if (known !== undefined) return known;
      const { timeoutMs, connections, tls } = options;
      const transport = createGrpcTransport({ address: options.addressOf(service), defaultTimeoutMs: timeoutMs, connections, interceptors, ...(tls && { tls }) });
      transports.set(service, transport);
      return transport;
    },
    close() {
      for (const transport of transports.values()) transport.close();
    },
  };
}
