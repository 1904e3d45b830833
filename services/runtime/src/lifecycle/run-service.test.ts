import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createClient } from "@connectrpc/connect";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, describe, expect, test } from "vitest";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { reasonOf } from "../errors/index.ts";
import { createGrpcTransport } from "../rpc/index.ts";

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

const goodEnv = { PATH: process.env["PATH"] ?? "", DATABASE_URL: "pglite:", INTERNAL_TOKEN_SECRET: "s".repeat(32), GRPC_HOST: "127.0.0.1", HTTP_HOST: "127.0.0.1", GRPC_PORT: "0", HTTP_PORT: "0" };

function run(env: Record<string, string>): Running {
  const child = spawn(process.execPath, [fileURLToPath(new URL("testing/service-main.ts", import.meta.url))], { env, stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (bytes: Buffer) => (output += bytes.toString()));
  return { child, output: () => output, ended: once(child, "exit").then(([code]) => code as number | null) };
}

async function ready({ output }: Running): Promise<{ readonly grpcPort: number; readonly httpPort: number }> {
  await expect.poll(output, { timeout: 20_000 }).toContain("is ready");
  const line = output().split("\n").find((text) => text.includes("is ready")) ?? "{}";
  return JSON.parse(line) as { grpcPort: number; httpPort: number };
}

describe("a service process", () => {
  test("its life - starts, answers, drains on the first signal and exits with 0", async () => {
    const service = run(goodEnv);
    const { grpcPort, httpPort } = await ready(service);
    const get = async (path: string): Promise<number> => (await fetch(`http://127.0.0.1:${httpPort}${path}`)).status;
    expect([await get("/healthz"), await get("/readyz"), await get("/metrics"), await get("/nothing")]).toEqual([200, 200, 200, 404]);
    const transport = createGrpcTransport({ address: `127.0.0.1:${grpcPort}` });
    const call = createClient(StockQueryService, transport).getStock({ vendorItemId: "slow", fulfillmentCenterId: "fc" });
    await new Promise((resolve) => setTimeout(resolve, 200));
    service.child.kill("SIGTERM");
    await expect(call).resolves.toMatchObject({ stock: { vendorItemId: "slow" } });
    expect(await service.ended).toBe(0);
    transport.close();
    expect(service.output()).toContain("ticker drained");
    expect(await fetch(`http://127.0.0.1:${httpPort}/healthz`).then(() => "up", () => "down")).toBe("down");
  });

  test("a second signal - ends it at once", async () => {
    const service = run(goodEnv);
    const { grpcPort } = await ready(service);
    const transport = createGrpcTransport({ address: `127.0.0.1:${grpcPort}` });
    const call = createClient(StockQueryService, transport).getStock({ vendorItemId: "slow", fulfillmentCenterId: "fc" });
    const failed = call.then(() => false, () => true);
    await new Promise((resolve) => setTimeout(resolve, 200));
    service.child.kill("SIGINT");
    await expect.poll(service.output).toContain("draining");
    service.child.kill("SIGINT");
    expect(await service.ended).toBe(1);
    expect(await failed).toBe(true);
    transport.close();
  });

  test("a wrong configuration - is listed as a whole, without a stack, exit 78", async () => {
    const service = run({ PATH: goodEnv.PATH, GRPC_PORT: "x" });
    expect(await service.ended).toBe(78);
    expect(service.output()).toContain("DATABASE_URL: is not set");
    expect(service.output()).toContain("GRPC_PORT: must be a whole number");
    expect(service.output()).toContain("INTERNAL_TOKEN_SECRET: is not set");
    expect(service.output()).not.toMatch(/^\s+at /m);
  });

  test("tokens - are verified against the configured keys, issuer and audience", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "ES256", use: "sig" }] });
    const jwks = createHttpServer((_request, response) => response.setHeader("content-type", "application/json").end(keys)).listen(0, "127.0.0.1");
    await once(jwks, "listening");
    const jwksUrl = `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/`;
    const { grpcPort } = await ready(run({ ...goodEnv, JWKS_URL: jwksUrl, JWT_ISSUER: "ours", JWT_AUDIENCE: "shop" }));
    const transport = createGrpcTransport({ address: `127.0.0.1:${grpcPort}` });
    const reasonFor = async (iss: string, aud: string) => {
      const token = await new SignJWT({ sub: "u", role: "customer" }).setProtectedHeader({ alg: "ES256", kid: "k" }).setIssuer(iss).setAudience(aud).setExpirationTime("1m").sign(privateKey);
      const call = createClient(OrderService, transport).listOrders({}, { headers: { authorization: `Bearer ${token}` } });
      return call.then(() => "answered", reasonOf);
    };
    expect([await reasonFor("ours", "shop"), await reasonFor("flashdeal-auth", "shop"), await reasonFor("ours", "flashdeal")]).toEqual(["answered", "TOKEN_INVALID", "TOKEN_INVALID"]);
    transport.close();
    jwks.close();
  });

  test("a port that is taken - is named with the setting that changes it, exit 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    for (const setting of ["GRPC_PORT", "HTTP_PORT"]) {
      const service = run({ ...goodEnv, [setting]: String(port) });
      expect(await service.ended).toBe(1);
      expect(service.output()).toContain(`Port ${port}`);
      expect(service.output()).toContain(`set ${setting} to another port`);
      expect(service.output()).toContain("ticker drained");
    }
    other.close();
  });

  test("an unhandled rejection - ends it loudly", async () => {
    const service = run(goodEnv);
    const { httpPort } = await ready(service);
    void fetch(`http://127.0.0.1:${httpPort}/${StockQueryService.typeName}/GetStock`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ vendorItemId: "crash", fulfillmentCenterId: "fc" }),
    }).catch(() => {});
    expect(await service.ended).toBe(1);
    expect(service.output()).toContain("crashed");
    expect(service.output()).toContain("unhandled");
  });
});
