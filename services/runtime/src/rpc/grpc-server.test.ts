import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTcp, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { toBinary, create, fromBinary } from "@bufbuild/protobuf";
import { Code, createClient } from "@connectrpc/connect";
import { afterEach, describe, expect, test } from "vitest";
import { GetStockRequestSchema, StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { ErrorInfoSchema } from "@flashdeal/proto/google/rpc/error_details_pb";
import { StatusSchema } from "@flashdeal/proto/google/rpc/status_pb";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "@flashdeal/proto/grpc/health/v1/health_pb";
import { errorFromStatus, reasonOf } from "../errors/index.ts";
import { createGrpcServer, type GrpcServerOptions, type RpcServer } from "./grpc-server.ts";
import { createGrpcTransport, type GrpcTransport, type GrpcTransportOptions } from "./grpc-transport.ts";
import { serviceRoutes, type ServiceRoutes } from "./service-routes.ts";
import type { TlsOptions } from "./tls.ts";

const run = promisify(execFile);
const key = { vendorItemId: "a", fulfillmentCenterId: "fc-1" };
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function start(routes: ServiceRoutes[], options: Partial<GrpcServerOptions> = {}): Promise<{ readonly server: RpcServer; readonly port: number }> {
  const server = createGrpcServer({ host: "127.0.0.1", port: 0, routes, ...options });
  closers.push(() => server.close());
  return { server, ...(await server.start()) };
}

function transportTo(port: number, options: Partial<GrpcTransportOptions> = {}): GrpcTransport {
  const transport = createGrpcTransport({ address: `127.0.0.1:${port}`, ...options });
  closers.push(() => transport.close());
  return transport;
}

const echo = serviceRoutes(StockQueryService, { getStock: ({ vendorItemId }) => ({ stock: { vendorItemId } }) });

async function post(port: number, path: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<IncomingHttpHeaders> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers });
  const answered: IncomingHttpHeaders = {};
  stream.on("response", (values) => Object.assign(answered, values)).on("trailers", (values) => Object.assign(answered, values)).resume();
  stream.end(body);
  await once(stream, "close");
  session.close();
  return answered;
}
const envelope = (bytes: Uint8Array): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.byteLength, 1);
  return Buffer.concat([head, bytes]);
};
const answerOf = (headers: IncomingHttpHeaders): { readonly code: number; readonly reason: string | undefined; readonly infos: number } => {
  const error = errorFromStatus(fromBinary(StatusSchema, Buffer.from(String(headers["grpc-status-details-bin"]), "base64")));
  return { code: Number(headers["grpc-status"]), reason: reasonOf(error), infos: error.findDetails(ErrorInfoSchema).length };
};

describe("grpc server on the wire", () => {
  const getStock = "/flashdeal.stock.v1.StockQueryService/GetStock";

  test("a message that cannot be decoded - answers MALFORMED_REQUEST", async () => {
    const { port } = await start([echo]);
    const answer = answerOf(await post(port, getStock, envelope(Uint8Array.of(0xff, 0xff, 0xff))));
    expect(answer).toEqual({ code: Code.InvalidArgument, reason: "MALFORMED_REQUEST", infos: 1 });
  });

  test("a stream with a message that cannot be decoded - answers MALFORMED_REQUEST", async () => {
    const { port } = await start([echo]);
    const answer = await post(port, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", envelope(Uint8Array.of(0xff, 0xff, 0xff)));
    expect(answerOf(answer)).toEqual({ code: Code.InvalidArgument, reason: "MALFORMED_REQUEST", infos: 1 });
  });

  test("an unknown path - answers NOT_IMPLEMENTED", async () => {
    const { port } = await start([echo]);
    for (const path of ["/nope.Nope/Nope", "/flashdeal.stock.v1.StockQueryService/Nope", "/"]) {
      expect(answerOf(await post(port, path, envelope(new Uint8Array())))).toEqual({ code: Code.Unimplemented, reason: "NOT_IMPLEMENTED", infos: 1 });
    }
  });

  test("a message over the limit - answers REQUEST_TOO_LARGE, also when it only says so", async () => {
    const { port } = await start([echo], { maxMessageBytes: 1_000 });
    const large = toBinary(GetStockRequestSchema, create(GetStockRequestSchema, { vendorItemId: "x".repeat(2_000) }));
    expect(answerOf(await post(port, getStock, envelope(large)))).toMatchObject({ code: Code.ResourceExhausted, reason: "REQUEST_TOO_LARGE" });
    const claimed = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]);
    expect(answerOf(await post(port, getStock, claimed))).toMatchObject({ code: Code.ResourceExhausted, reason: "REQUEST_TOO_LARGE" });
  });

  test("a deadline that passes - answers with its reason to any client", async () => {
    const { port } = await start([serviceRoutes(StockQueryService, { getStock: () => new Promise(() => {}) })]);
    const answer = answerOf(await post(port, getStock, envelope(new Uint8Array()), { "grpc-timeout": "50m" }));
    expect(answer).toEqual({ code: Code.DeadlineExceeded, reason: "DEADLINE_EXCEEDED", infos: 1 });
  });
});

describe("grpc transport", () => {
  test("a chain of calls - hands on what is left of the deadline, and cancels through", async () => {
    const leftMs: (number | undefined)[] = [];
    let aborted = false;
    const inner = await start([
      serviceRoutes(StockQueryService, {
        getStock(_request, context) {
          leftMs.push(context.timeoutMs());
          return new Promise((_resolve, reject) => {
            context.signal.addEventListener("abort", () => {
              aborted = true;
              reject(context.signal.reason);
            });
          });
        },
      }),
    ]);
    const upstream = createClient(StockQueryService, transportTo(inner.port));
    const outer = await start([serviceRoutes(StockQueryService, { getStock: (request, context) => upstream.getStock(request, { signal: context.signal }) })]);
    const client = createClient(StockQueryService, transportTo(outer.port));
    await expect(client.getStock(key, { timeoutMs: 150 })).rejects.toMatchObject({ code: Code.DeadlineExceeded });
    expect(leftMs[0]).toBeGreaterThan(50);
    expect(leftMs[0]).toBeLessThanOrEqual(150);
    await expect.poll(() => aborted).toBe(true);

    aborted = false;
    const controller = new AbortController();
    const call = client.getStock(key, { signal: controller.signal, timeoutMs: 10_000 });
    await expect.poll(() => leftMs.length).toBe(2);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: Code.Canceled });
    await expect.poll(() => aborted).toBe(true);
  });

  test("a server that is down - fails at once with SERVICE_UNAVAILABLE, and is found again when it is back", async () => {
    const first = await start([echo]);
    const client = createClient(StockQueryService, transportTo(first.port));
    await client.getStock(key);
    await first.server.close();
    await expect.poll(() => client.getStock(key).then(() => "up", (error: unknown) => reasonOf(error))).toBe("SERVICE_UNAVAILABLE");
    const failed = await client.getStock(key).catch((error: unknown) => error);
    expect(String(failed)).not.toContain("127.0.0.1");
    await start([echo], { port: first.port });
    await expect.poll(() => client.getStock(key).then(() => "up", () => "down"), { timeout: 5_000 }).toBe("up");
  });

  test("a connection that breaks - ends each of its running calls with SERVICE_UNAVAILABLE, and the next call gets a new one", async () => {
    const arrived = Promise.withResolvers<void>();
    let running = 0;
    const hanging = serviceRoutes(StockQueryService, {
      getStock({ vendorItemId }) {
        if (vendorItemId !== "hang") return { stock: { vendorItemId } };
        if (++running === 3) arrived.resolve();
        return new Promise(() => undefined);
      },
    });
    const { port } = await start([hanging]);
    const sockets: Socket[] = [];
    const between = createTcpServer((socket) => {
      const behind = connectTcp(port, "127.0.0.1");
      for (const end of [socket, behind]) end.on("error", () => undefined);
      sockets.push(socket, behind);
      socket.pipe(behind).pipe(socket);
    }).listen(0, "127.0.0.1");
    closers.push(() => sockets.forEach((socket) => socket.destroy()), () => between.close());
    await once(between, "listening");
    const client = createClient(StockQueryService, transportTo((between.address() as AddressInfo).port));
    const calls = Array.from({ length: 3 }, () => client.getStock({ ...key, vendorItemId: "hang" }));
    const ended = Promise.allSettled(calls);
    await arrived.promise;
    for (const socket of sockets) socket.destroy();
    for (const end of await ended) {
      expect(end).toMatchObject({ status: "rejected", reason: { code: Code.Unavailable } });
      expect(end.status === "rejected" && reasonOf(end.reason)).toBe("SERVICE_UNAVAILABLE");
    }
    expect((await client.getStock(key)).stock?.vendorItemId).toBe("a");
  });

  test("a call without a deadline - gets the default one", async () => {
    const { port } = await start([serviceRoutes(StockQueryService, { getStock: () => new Promise(() => {}) })]);
    const client = createClient(StockQueryService, transportTo(port, { defaultTimeoutMs: 60 }));
    await expect(client.getStock(key)).rejects.toMatchObject({ code: Code.DeadlineExceeded });
  });
});

describe("grpc server drain", () => {
  test("running calls finish, streams end with SERVICE_UNAVAILABLE, health says NOT_SERVING", async () => {
    const gate = Promise.withResolvers<void>();
    const { server, port } = await start([
      serviceRoutes(StockQueryService, {
        async getStock() {
          await gate.promise;
          return {};
        },
        async *watchStock(_request, context) {
          yield {};
          await new Promise((_resolve, reject) => context.signal.addEventListener("abort", () => reject(context.signal.reason)));
        },
      }),
    ]);
    const transport = transportTo(port);
    const client = createClient(StockQueryService, transport);
    const statuses: ServingStatus[] = [];
    const watching = (async () => {
      for await (const { status } of createClient(Health, transport).watch({})) statuses.push(status);
    })().catch(() => {});
    const call = client.getStock(key);
    const stream = (async () => {
      for await (const message of client.watchStock(key)) void message;
    })();
    const streamError = stream.catch((error: unknown) => error);
    await expect.poll(() => statuses).toEqual([ServingStatus.SERVING]);
    const drained = server.drain();
    expect(reasonOf(await streamError)).toBe("SERVICE_UNAVAILABLE");
    gate.resolve();
    await expect(call).resolves.toBeDefined();
    await drained;
    await watching;
    expect(statuses).toEqual([ServingStatus.SERVING, ServingStatus.NOT_SERVING]);
  });

  test("a call that does not finish - is cut off at the limit", async () => {
    const { server, port } = await start([serviceRoutes(StockQueryService, { getStock: () => new Promise(() => {}) })], { drainTimeoutMs: 100 });
    const call = createClient(StockQueryService, transportTo(port)).getStock(key).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const startMs = performance.now();
    await server.drain();
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(reasonOf(await call)).toBeDefined();
  });
});

async function certificates(folder: string): Promise<Record<"ca" | "server" | "client" | "stranger", TlsOptions>> {
  const openssl = (...args: string[]): Promise<unknown> => run("openssl", args, { cwd: folder });
  const authority = async (name: string): Promise<void> => {
    await openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.crt`, "-days", "2", "-subj", `/CN=${name}`);
  };
  const issue = async (name: string, ca: string): Promise<TlsOptions> => {
    await openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    await writeFile(join(folder, "ext"), "subjectAltName=DNS:localhost,IP:127.0.0.1");
    await openssl("x509", "-req", "-in", `${name}.csr`, "-CA", `${ca}.crt`, "-CAkey", `${ca}.key`, "-CAcreateserial", "-out", `${name}.crt`, "-days", "2", "-extfile", "ext");
    return { cert: await readFile(join(folder, `${name}.crt`)), key: await readFile(join(folder, `${name}.key`)), ca: await readFile(join(folder, "ca.crt")) };
  };
  await authority("ca");
  await authority("other-ca");
  return { ca: { ca: await readFile(join(folder, "ca.crt")) }, server: await issue("server", "ca"), client: await issue("client", "ca"), stranger: await issue("stranger", "other-ca") };
}

async function outcome(port: number, tls?: TlsOptions): Promise<"ok" | "refused"> {
  const client = createClient(StockQueryService, transportTo(port, { defaultTimeoutMs: 2_000, ...(tls && { tls }) }));
  return client.getStock(key).then(() => "ok", () => "refused");
}

describe("grpc over tls", () => {
  test("tls and mutual tls - let in whom they should and nobody else", async (context) => {
    const found = await run("openssl", ["version"]).then(() => true, () => false);
    context.skip(!found, "openssl is not on this machine");
    const folder = await mkdtemp(join(tmpdir(), "flashdeal-tls-"));
    closers.push(() => rm(folder, { recursive: true }));
    const { ca, server, client, stranger } = await certificates(folder);
    const { cert, key: serverKey } = server;
    const plain = await start([echo], { tls: { ...(cert && { cert }), ...(serverKey && { key: serverKey }) } });
    const mutual = await start([echo], { tls: server });
    expect(await outcome(plain.port, ca)).toBe("ok");
    expect(await outcome(plain.port)).toBe("refused");
    expect(await outcome(mutual.port, client)).toBe("ok");
    expect(await outcome(mutual.port, ca)).toBe("refused");
    expect(await outcome(mutual.port, stranger)).toBe("refused");
  });
});

describe("grpc server reflection", () => {
  const grpcurl = join(homedir(), ".cache/flashdeal/tools/grpcurl@v1.9.4/grpcurl");

  test("grpcurl - lists, describes and calls with no proto files", async (context) => {
    context.skip(!existsSync(grpcurl), "grpcurl is not built on this machine");
    const { port } = await start([echo]);
    const ask = async (...args: string[]): Promise<string> => (await run(grpcurl, ["-plaintext", ...args])).stdout;
    const address = `127.0.0.1:${port}`;
    expect((await ask(address, "list")).trim().split("\n")).toEqual([
      "flashdeal.stock.v1.StockQueryService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
    expect(await ask(address, "describe", "flashdeal.stock.v1.StockQueryService")).toContain("access: ACCESS_PUBLIC");
    expect(await ask("-d", '{"vendor_item_id":"a"}', address, "flashdeal.stock.v1.StockQueryService/GetStock")).toContain('"vendorItemId": "a"');
    const failed = await run(grpcurl, ["-plaintext", "-d", "{}", address, "flashdeal.stock.v1.StockQueryService/BatchGetStocks"]).catch((error: unknown) => error);
    expect(String((failed as { stderr: string }).stderr)).toContain("NOT_IMPLEMENTED");
  });
});
