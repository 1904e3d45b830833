import { Writable } from "node:stream";
import { createClient } from "@connectrpc/connect";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { ErrorReason, reasonError } from "../errors/index.ts";
import { createGrpcTransport, serviceRoutes, type GrpcTransport } from "../rpc/index.ts";
import { startServers, type Servers } from "../rpc/testing/servers.ts";
import { codeName, continueTrace, createAccessLog, createCallMetrics, createTraceCallInterceptor, createTraceInterceptor, currentTrace, formatTraceparent, Registry, runInTrace } from "./index.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
const lines: Record<string, unknown>[] = [];
const log = pino({ level: "debug" }, new Writable({
  write(bytes: Buffer, _encoding, done) {
    lines.push(JSON.parse(bytes.toString()) as Record<string, unknown>);
    done();
  },
}));
const metrics = new Registry();
let inner: Servers;
let outer: Servers;
let upstream: GrpcTransport;

const tell = (): { stock: { vendorItemId: string } } => ({ stock: { vendorItemId: formatTraceparent(currentTrace() ?? continueTrace(undefined)) } });

beforeAll(async () => {
  const interceptors = [createTraceInterceptor()];
  inner = await startServers({
    interceptors,
    routes: [
      serviceRoutes(StockQueryService, {
        getStock: tell,
        async *watchStock() {
          yield tell();
          await new Promise((resolve) => setTimeout(resolve, 5));
          yield tell();
        },
      }),
    ],
  });
  upstream = createGrpcTransport({ address: `127.0.0.1:${inner.grpcPort}`, interceptors: [createTraceCallInterceptor()] });
  const client = createClient(StockQueryService, upstream);
  outer = await startServers({
    interceptors,
    observers: [createAccessLog(log), createCallMetrics(metrics)],
    metrics,
    routes: [
      serviceRoutes(StockQueryService, {
        async getStock(request) {
          if (request.vendorItemId === "crash") throw new Error("the cause");
          if (request.vendorItemId === "none") throw reasonError(ErrorReason.STOCK_NOT_FOUND, "none");
          await new Promise((resolve) => setTimeout(resolve, 2));
          return client.getStock(request);
        },
      }),
    ],
  });
});
afterAll(async () => {
  upstream.close();
  await Promise.all([inner.close(), outer.close()]);
});

describe("traces", () => {
  test.each([undefined, "", "garbage", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`, `ff-${traceId}-00f067aa0ba902b7-01`])("a traceparent like %j - begins a new trace", (header) => {
    const trace = continueTrace(header);
    expect(trace).toMatchObject({ parentSpanId: undefined, sampled: true });
    expect(formatTraceparent(trace)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(trace.traceId).not.toBe(traceId);
  });

  test("a trace - crosses from process to process, with a span for each", async () => {
    const { stock } = await createClient(StockQueryService, outer.transports["grpc"]!).getStock({ vendorItemId: "a" }, { headers: { traceparent } });
    expect(stock?.vendorItemId).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(stock?.vendorItemId).not.toContain("00f067aa0ba902b7");
  });

  test("a stream - stays in its trace from message to message", async () => {
    const seen: string[] = [];
    const trace = continueTrace(traceparent);
    await runInTrace(trace, async () => {
      for await (const { stock } of createClient(StockQueryService, upstream).watchStock({ vendorItemId: "a" })) seen.push(stock?.vendorItemId ?? "");
    });
    expect(seen).toHaveLength(2);
    expect(seen[0]).toBe(seen[1]);
    expect(seen[0]).toContain(traceId);
  });
});

describe("access log and metrics", () => {
  test("a call - is one line at debug, and at warn with the cause where the server failed, never with its headers", async () => {
    const client = createClient(StockQueryService, outer.transports["connect json"]!);
    const headers = { traceparent, authorization: "Bearer top-secret" };
    for (const vendorItemId of ["a", "none", "crash"]) await client.getStock({ vendorItemId }, { headers }).catch(() => {});
    const [ok, none, crash] = lines.slice(-3);
    expect(ok).toMatchObject({ level: 20, method: "flashdeal.stock.v1.StockQueryService/GetStock", protocol: "connect", code: "OK", traceId });
    expect(none).toMatchObject({ level: 20, code: "NOT_FOUND", reason: "STOCK_NOT_FOUND" });
    expect(crash).toMatchObject({ level: 40, code: "INTERNAL", reason: "INTERNAL_ERROR", err: { message: "the cause" } });
    expect(JSON.stringify(lines)).not.toContain("top-secret");
  });

  test("metrics - count by code on both servers, and stand under /metrics", async () => {
    const page = await (await fetch(`http://127.0.0.1:${outer.httpPort}/metrics`)).text();
    expect(page).toMatch(/rpc_server_handled_total\{service="flashdeal.stock.v1.StockQueryService",method="GetStock",code="NOT_FOUND"\} 1/);
    expect(page).toMatch(/rpc_server_duration_seconds_count\{[^}]*method="GetStock"\} 4/);
  });

  test("codes - are spelled as gRPC spells them", () => {
    expect([undefined, 1, 9, 16].map((code) => codeName(code))).toEqual(["OK", "CANCELLED", "FAILED_PRECONDITION", "UNAUTHENTICATED"]);
  });
});
