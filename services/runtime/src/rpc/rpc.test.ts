import { randomUUID } from "node:crypto";
import { Code, ConnectError, createClient, type HandlerContext } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { ErrorInfoSchema } from "@flashdeal/proto/google/rpc/error_details_pb";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "@flashdeal/proto/grpc/health/v1/health_pb";
import { ERROR_DOMAIN, ErrorReason, reasonError, reasonMetadataOf, reasonOf, retryAfterMsOf, violationsOf } from "../errors/index.ts";
import type { CallOutcome } from "./method-handler.ts";
import { callSignalOf, type CallSignal } from "./call-signal.ts";
import { createRequestIdInterceptor } from "./request-id-interceptor.ts";
import { serviceRoutes } from "./service-routes.ts";
import { startServers, type Servers } from "./testing/servers.ts";
import { createValidationInterceptor } from "./validation-interceptor.ts";

const key = (vendorItemId: string): { vendorItemId: string; fulfillmentCenterId: string } => ({ vendorItemId, fulfillmentCenterId: "fc-1" });

/** What the handlers below saw of the call. */
const seen = { outcomes: [] as CallOutcome[], runs: 0, abortReason: undefined as unknown, late: false, leaverTold: false, streamsOpen: 0, remainingMs: undefined as number | undefined };

/** Stops listening before anything happens. */
const leaver = (): void => void (seen.leaverTold = true);

/** `signal`: how the handler waits. */
function untilAborted(context: HandlerContext, signal: CallSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", leaver);
    signal.addEventListener("abort", () => {
      seen.abortReason = signal.reason;
      seen.late = context.signal.aborted && context.signal.reason === signal.reason;
      reject(signal.reason);
    });
    signal.removeEventListener("abort", leaver);
  });
}

const stockRoutes = serviceRoutes(StockQueryService, {
  async getStock(request, context) {
    switch (request.vendorItemId) {
      case "missing":
        throw reasonError(ErrorReason.STOCK_NOT_FOUND, "No stock.", { metadata: { a: "b" }, violations: [{ field: "x", description: "y" }], retryAfterMs: 1_500 });
      case "crash":
        throw new TypeError("secret table name");
      case "bare":
        throw new ConnectError("as it is", Code.FailedPrecondition);
      case "unknown":
        throw new ConnectError("secret of a library", Code.Unknown);
      case "hang":
        return untilAborted(context, context.signal);
      case "wait":
        return untilAborted(context, callSignalOf(context));
      case "deaf":
        return new Promise((resolve) => setTimeout(resolve, 10_000, {}));
      case "headers":
        context.responseHeader.set("x-answer", context.requestHeader.get("x-question") ?? "");
        context.responseTrailer.set("x-trailer", "t");
    }
    seen.remainingMs = context.timeoutMs();
    return { stock: { vendorItemId: request.vendorItemId, available: 7n } };
  },
  async *watchStock(request, context) {
    seen.streamsOpen += 1;
    try {
      for (let version = 1n; version <= 3n; version += 1n) yield { stock: { vendorItemId: request.vendorItemId, version } };
      if (request.vendorItemId === "crash") throw new Error("secret");
      if (request.vendorItemId === "missing") throw reasonError(ErrorReason.STOCK_NOT_FOUND, "gone");
      if (request.vendorItemId === "forever") await untilAborted(context, context.signal);
    } finally {
      seen.streamsOpen -= 1;
    }
  },
});

const orderRoutes = serviceRoutes(OrderService, { createOrder: () => ({ order: { orderId: "o" } }) });
const protocols = ["grpc", "connect json", "connect binary", "grpc-web"] as const;
let servers: Servers;

beforeAll(async () => {
  servers = await startServers({
    routes: [stockRoutes, orderRoutes],
    maxMessageBytes: 64 * 1024,
    interceptors: [
      (_method, next) => (request, context) => {
        seen.runs += 1;
        return next(request, context);
      },
      createRequestIdInterceptor(),
      createValidationInterceptor(),
    ],
    observers: [() => (outcome) => void seen.outcomes.push(outcome)],
  });
});
afterAll(() => servers.close());

async function failure(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConnectError);
  const failed = error as ConnectError;
  const infos = failed.findDetails(ErrorInfoSchema);
  expect(infos).toHaveLength(1);
  expect(infos[0]?.domain).toBe(ERROR_DOMAIN);
  return failed;
}

async function collect<T>(messages: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const message of messages) into.push(message);
  return into;
}

describe.each(protocols)("rpc over %s", (protocol) => {
  const stock = (): ReturnType<typeof createClient<typeof StockQueryService>> => createClient(StockQueryService, servers.transports[protocol]!);
  const orders = (): ReturnType<typeof createClient<typeof OrderService>> => createClient(OrderService, servers.transports[protocol]!);

  test("a call - answers, and runs the interceptors and observers once", async () => {
    const before = seen.runs;
    const headers = { "x-call": `answers ${protocol}` };
    const { stock: answer } = await stock().getStock(key("a"), { headers });
    expect(answer).toMatchObject({ vendorItemId: "a", available: 7n });
    expect(seen.runs).toBe(before + 1);
    // Calls of earlier tests may end now.
    const own = seen.outcomes.filter(({ context }) => context.requestHeader.get("x-call") === headers["x-call"]);
    expect(own).toHaveLength(1);
  });

  test("a call - carries headers and trailers both ways", async () => {
    const got: Record<string, string | null> = {};
    await stock().getStock(key("headers"), {
      headers: { "x-question": "q" },
      onHeader: (headers) => void (got["header"] = headers.get("x-answer")),
      onTrailer: (trailers) => void (got["trailer"] = trailers.get("x-trailer")),
    });
    expect(got).toEqual({ header: "q", trailer: "t" });
  });

  test("an error - keeps code, reason, metadata, violations and retry", async () => {
    const error = await failure(stock().getStock(key("missing")));
    expect(error.code).toBe(Code.NotFound);
    expect(reasonOf(error)).toBe("STOCK_NOT_FOUND");
    expect(reasonMetadataOf(error)).toEqual({ a: "b" });
    expect(violationsOf(error)).toMatchObject([{ field: "x", description: "y" }]);
    expect(retryAfterMsOf(error)).toBe(1_500);
  });

  test("an error - tells nothing of a crash but keeps it for the log", async () => {
    const before = seen.outcomes.length;
    const error = await failure(stock().getStock(key("crash")));
    expect([error.code, reasonOf(error)]).toEqual([Code.Internal, "INTERNAL_ERROR"]);
    expect(error.message).not.toContain("secret");
    // On a busy machine, a call of an earlier test may end in the meantime.
    expect(seen.outcomes.slice(before).filter(({ fault }) => fault instanceof TypeError)).toHaveLength(1);
    const hidden = await failure(stock().getStock(key("unknown")));
    expect([hidden.code, reasonOf(hidden)]).toEqual([Code.Internal, "INTERNAL_ERROR"]);
    expect(hidden.message).not.toContain("secret");
  });

  test("an error - gets the generic reason of its code where it names none", async () => {
    const error = await failure(stock().getStock(key("bare")));
    expect([error.code, reasonOf(error), error.rawMessage]).toEqual([Code.FailedPrecondition, "WRONG_STATE", "as it is"]);
  });

  test("an absent method - answers NOT_IMPLEMENTED", async () => {
    const error = await failure(orders().getOrder({ orderId: randomUUID() }));
    expect([error.code, reasonOf(error)]).toEqual([Code.Unimplemented, "NOT_IMPLEMENTED"]);
  });

  test("an unknown service - answers NOT_IMPLEMENTED", async () => {
    const ghost = { ...StockQueryService.method.getStock, parent: { ...StockQueryService, typeName: "ghost.Service" } };
    const call = servers.transports[protocol]!.unary(ghost as typeof StockQueryService.method.getStock, undefined, undefined, undefined, key("a"));
    const error = await failure(call);
    expect([error.code, reasonOf(error)]).toEqual([Code.Unimplemented, "NOT_IMPLEMENTED"]);
  });

  test("a broken rule - answers INVALID_INPUT with proto field paths that say what to do", async () => {
    const error = await failure(orders().createOrder({ requestId: "k", lines: [{ dealId: randomUUID(), quantity: 1n }, { dealId: "x", quantity: 0n }] }));
    expect([error.code, reasonOf(error)]).toEqual([Code.InvalidArgument, "INVALID_INPUT"]);
    expect(violationsOf(error)).toMatchObject([
      { field: "lines[1].deal_id", description: "must be a UUID" },
      { field: "lines[1].quantity", description: "must be greater than or equal to 1 and less than or equal to 1000000" },
    ]);
  });

  test("text that cannot be stored - answers INVALID_INPUT once per field", async () => {
    const error = await failure(orders().createOrder({ requestId: "k", lines: [{ dealId: "a\0b", quantity: 1n }] }));
    expect([error.code, reasonOf(error)]).toEqual([Code.InvalidArgument, "INVALID_INPUT"]);
    expect(violationsOf(error)).toMatchObject([{ field: "lines[0].deal_id", description: "must not contain the character NUL" }]);
  });

  test("a keyed method - answers REQUEST_ID_REQUIRED without a key", async () => {
    const error = await failure(orders().createOrder({ lines: [{ dealId: randomUUID(), quantity: 1n }] }));
    expect([error.code, reasonOf(error)]).toEqual([Code.InvalidArgument, "REQUEST_ID_REQUIRED"]);
    await expect(orders().createOrder({ requestId: "k", lines: [{ dealId: randomUUID(), quantity: 1n }] })).resolves.toBeDefined();
  });

  test("a request over the limit - answers REQUEST_TOO_LARGE", async () => {
    const error = await failure(orders().createOrder({ requestId: "k".repeat(70_000) }));
    expect([error.code, reasonOf(error)]).toEqual([Code.ResourceExhausted, "REQUEST_TOO_LARGE"]);
    expect(reasonMetadataOf(error)).toEqual({ max_bytes: String(64 * 1024) });
  });

  test.each(["hang", "wait"])("a deadline - aborts the handler's signal and ends the call (%s)", async (how) => {
    Object.assign(seen, { abortReason: undefined, late: false });
    const call = stock().getStock(key(how), { timeoutMs: 80 });
    await expect(call).rejects.toMatchObject({ code: Code.DeadlineExceeded });
    await expect.poll(() => seen.abortReason).toBeDefined();
    expect([seen.late, seen.leaverTold]).toEqual([true, false]);
  });

  test("a deadline - ends the call where the handler does not look", async () => {
    const startMs = performance.now();
    await expect(stock().getStock(key("deaf"), { timeoutMs: 80 })).rejects.toMatchObject({ code: Code.DeadlineExceeded });
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  test("a deadline - is told to the handler as the time that is left", async () => {
    await stock().getStock(key("a"), { timeoutMs: 5_000 });
    expect(seen.remainingMs).toBeGreaterThan(3_000);
    expect(seen.remainingMs).toBeLessThanOrEqual(5_000);
  });

  test.each(["hang", "wait"])("a cancelled call - aborts the handler's signal (%s)", async (how) => {
    Object.assign(seen, { abortReason: undefined, late: false });
    const controller = new AbortController();
    const call = stock().getStock(key(how), { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(call).rejects.toMatchObject({ code: Code.Canceled });
    await expect.poll(() => seen.abortReason).toBeDefined();
    expect([seen.late, seen.leaverTold]).toEqual([true, false]);
  });

  test("a stream - sends its messages in order, then its error", async () => {
    await expect(collect(stock().watchStock(key("a")))).resolves.toMatchObject([1n, 2n, 3n].map((version) => ({ stock: { version } })));
    const messages: unknown[] = [];
    const error = await failure(collect(stock().watchStock(key("missing")), messages));
    expect(messages).toHaveLength(3);
    expect([error.code, reasonOf(error)]).toEqual([Code.NotFound, "STOCK_NOT_FOUND"]);
    const crashed = await failure(collect(stock().watchStock(key("crash"))));
    expect([crashed.code, reasonOf(crashed)]).toEqual([Code.Internal, "INTERNAL_ERROR"]);
  });

  test("a stream - ends on the server when the caller leaves", async () => {
    const controller = new AbortController();
    const reading = collect(stock().watchStock(key("forever"), { signal: controller.signal }));
    await expect.poll(() => seen.streamsOpen).toBe(1);
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: Code.Canceled });
    await expect.poll(() => seen.streamsOpen).toBe(0);
  });

  test("a stream - refuses a request that breaks a rule", async () => {
    const error = await failure(collect(stock().watchStock({ vendorItemId: "" })));
    expect(reasonOf(error)).toBe("INVALID_INPUT");
  });

  test("health - answers for each service, for the whole, and NOT_FOUND for others", async () => {
    const health = createClient(Health, servers.transports[protocol]!);
    for (const service of ["", StockQueryService.typeName, OrderService.typeName]) {
      await expect(health.check({ service })).resolves.toMatchObject({ status: ServingStatus.SERVING });
    }
    expect((await failure(health.check({ service: "nope" }))).code).toBe(Code.NotFound);
  });
});

describe("text that is no Unicode on the wire", () => {
  test.each([
    ["application/json", String.raw`{"vendorItemId":"\ud800"}`],
    ["application/proto", Uint8Array.of(0x0a, 2, 0xff, 0xfe)],
  ])("in %s - answers MALFORMED_REQUEST", async (contentType, body) => {
    const url = `http://127.0.0.1:${servers.httpPort}/${StockQueryService.typeName}/GetStock`;
    const answer = await fetch(url, { method: "POST", headers: { "content-type": contentType }, body });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("MALFORMED_REQUEST");
  });
});

function urlOf(path: string): string {
  return `http://127.0.0.1:${servers.httpPort}${path}`;
}

describe("http on the wire", () => {
  const watchStock = "/flashdeal.stock.v1.StockQueryService/WatchStock";
  const getStock = "/flashdeal.stock.v1.StockQueryService/GetStock";
  const compressedEmptyMessage = Uint8Array.of(1, 0, 0, 0, 0);
  test.each(["!!!", "a", "e30=x"])("a query message that is not base64 - answers MALFORMED_REQUEST to %s", async (message) => {
    const answer = await fetch(urlOf(`${getStock}?connect=v1&encoding=json&base64=1&message=${message}`));
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("MALFORMED_REQUEST");
  });

  test.each([
    [getStock, "application/grpc-web+proto"],
    [watchStock, "application/connect+proto"],
  ])("a message that is compressed nobody knows how - answers MALFORMED_REQUEST at %s", async (path, type) => {
    const answer = await fetch(urlOf(path), { method: "POST", headers: { "content-type": type }, body: compressedEmptyMessage });
    const text = await answer.text();
    expect(text).not.toContain("failed");
    expect(text).toMatch(/MALFORMED_REQUEST|grpc-status: 3/);
  });
});
