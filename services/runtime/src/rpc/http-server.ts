import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { ErrorReason, reasonError } from "../errors/index.ts";
import type { RpcServer } from "./grpc-server.ts";
import { createHealth, type HealthState } from "./health.ts";
import { createHttpRpcHandler, type HttpRpcHandler } from "./http-rpc.ts";
import type { ServerInterceptor } from "./interceptor.ts";
import { createMethodHandlers, type CallObserver } from "./method-handler.ts";
import type { ServiceRoutes } from "./service-routes.ts";

/** Something that this process cannot do without. */
export interface ReadinessCheck {
  /** For example "database". */
  readonly name: string;
  /** Rejects where it does not answer within the time. */
  check(timeoutMs: number): Promise<void>;
}

/** How the HTTP server of a process listens and what it serves. */
export interface HttpServerOptions {
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  readonly routes: readonly ServiceRoutes[];
  /** The same as the gRPC server's. Default: none. */
  readonly interceptors?: readonly ServerInterceptor[];
  /** The same as the gRPC server's. Default: none. */
  readonly observers?: readonly CallObserver[];
  /** What /metrics shows. Default: nothing, 404. */
  readonly metrics?: Registry;
  /** What /readyz asks. Default: nothing. */
  readonly readiness?: readonly ReadinessCheck[];
  /** How long /readyz waits for each. Default: 1 s. */
  readonly readinessTimeoutMs?: number;
  /** Largest request that is taken. Default: 4 MiB. */
  readonly maxMessageBytes?: number;
  /** How long `drain` waits for running calls. Default: 10 s. */
  readonly drainTimeoutMs?: number;
  /** Shared with the gRPC server of the same process. Default: one of its own. */
  readonly health?: HealthState;
}

const defaults = { maxMessageBytes: 4 * 1024 * 1024, drainTimeoutMs: 10_000, readinessTimeoutMs: 1_000 };

/**
 * The HTTP side of a process: its rpcs over Connect and gRPC-Web, and for those who run it GET /healthz (alive), /readyz (its
 * dependencies answer; 503 while it drains) and /metrics (Prometheus).
 */
export function createHttpServer(options: HttpServerOptions): RpcServer {
  const shutdown = new AbortController();
  const health = options.health ?? createHealth(options.routes.map(({ service }) => service.typeName));
  const observed = { interceptors: options.interceptors ?? [], observers: options.observers ?? [] };
  const handlers = [...createMethodHandlers([health.routes], { interceptors: [], observers: [] }), ...createMethodHandlers(options.routes, observed)];
  const rpc = createHttpRpcHandler(handlers, { maxMessageBytes: options.maxMessageBytes ?? defaults.maxMessageBytes, shutdownSignal: shutdown.signal });
  const pages = createPages(options, health);
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 10_000, keepAliveTimeout: 30_000 }, (request, response) => {
    void answer(pages, rpc, request, response);
  });
  return createLifecycle(server, options, health, shutdown);
}

type Page = (response: ServerResponse) => Promise<void>;

async function answer(pages: ReadonlyMap<string, Page>, rpc: HttpRpcHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const page = request.method === "GET" || request.method === "HEAD" ? pages.get(request.url?.split("?", 1)[0] ?? "") : undefined;
  if (page === undefined) await rpc(request, response);
  else await page(response);
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body), "cache-control": "no-store" }).end(body);
}

function createPages(options: HttpServerOptions, health: HealthState): ReadonlyMap<string, Page> {
  const { metrics, readiness = [], readinessTimeoutMs = defaults.readinessTimeoutMs } = options;
  const pages = new Map<string, Page>([
    ["/healthz", async (response) => send(response, 200, "text/plain; charset=utf-8", "ok\n")],
    [
      "/readyz",
      async (response) => {
        const report = await readinessReport(readiness, readinessTimeoutMs, health);
        send(response, report.ready ? 200 : 503, "application/json", `${JSON.stringify(report)}\n`);
      },
    ],
  ]);
  if (metrics !== undefined) {
    pages.set("/metrics", async (response) => send(response, 200, metrics.contentType, await metrics.metrics()));
  }
  return pages;
}

interface ReadinessReport {
  readonly ready: boolean;
  /** "ok" or "failed" by name. Why stands in the log: this page may be open to others. */
  readonly checks: Readonly<Record<string, "ok" | "failed">>;
}

async function readinessReport(checks: readonly ReadinessCheck[], timeoutMs: number, health: HealthState): Promise<ReadinessReport> {
  if (!health.isServing()) return { ready: false, checks: { serving: "failed" } };
  const results = await Promise.allSettled(checks.map((dependency) => within(dependency.check(timeoutMs), timeoutMs)));
  const entries = checks.map(({ name }, index) => [name, results[index]?.status === "fulfilled" ? "ok" : "failed"] as const);
  return { ready: entries.every(([, state]) => state === "ok"), checks: Object.fromEntries(entries) };
}

async function within(work: Promise<void>, timeoutMs: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function createLifecycle(server: Server, options: HttpServerOptions, health: HealthState, shutdown: AbortController): RpcServer {
  const drainTimeoutMs = options.drainTimeoutMs ?? defaults.drainTimeoutMs;
  const stopped = Promise.withResolvers<void>();
  return {
    start() {
      const { promise, resolve, reject } = Promise.withResolvers<{ readonly port: number }>();
      server.once("error", reject);
      server.listen(options.port, options.host, () => {
        server.off("error", reject);
        resolve({ port: (server.address() as AddressInfo).port });
      });
      return promise;
    },
    async drain() {
      health.setServing(false);
      shutdown.abort(reasonError(ErrorReason.SERVICE_UNAVAILABLE, "The server is stopping. Open the stream again."));
      const timer = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
      server.close(() => stopped.resolve());
      server.closeIdleConnections();
      await stopped.promise;
      clearTimeout(timer);
    },
    async close() {
      health.setServing(false);
      shutdown.abort();
      if (!server.listening) {
        server.closeAllConnections();
        return;
      }
      server.close(() => stopped.resolve());
      server.closeAllConnections();
      await stopped.promise;
    },
  };
}
