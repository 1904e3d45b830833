import { generateKeyPairSync } from "node:crypto";
import { createClient, type ConnectError } from "@connectrpc/connect";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JSONWebKeySet, type JWTPayload } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { reasonMetadataOf, reasonOf } from "../errors/index.ts";
import { createGrpcServer, createGrpcTransport, serviceRoutes, type GrpcTransport, type RpcServer } from "../rpc/index.ts";
import { callingServiceOf, createAuthInterceptor } from "./auth-interceptor.ts";
import { actAs, createInternalCallInterceptor, createInternalTokenSource } from "./internal-token.ts";
import { principalOf, type Principal } from "./principal.ts";
import { createTokenVerifier, type TokenVerifierOptions } from "./token-verifier.ts";

const secret = "s".repeat(32);
let keys: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
let jwks: JSONWebKeySet;

beforeAll(async () => {
  keys = await generateKeyPair("ES256", { extractable: true });
  jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: "k1", use: "sig", alg: "ES256" }] };
});

interface TokenParts {
  readonly key?: CryptoKey | Uint8Array;
  readonly alg?: string;
  readonly kid?: string;
  readonly claims?: JWTPayload;
}

function sign({ key = keys.privateKey, alg = "ES256", kid = "k1", claims = {} }: TokenParts = {}): Promise<string> {
  return new SignJWT({ iss: "flashdeal-auth", aud: "flashdeal", sub: "u1", role: "customer", exp: Math.floor(Date.now() / 1_000) + 60, ...claims })
    .setProtectedHeader({ alg, kid })
    .sign(key);
}

async function reasonOfVerify(token: string, options: Partial<TokenVerifierOptions> = {}): Promise<string | undefined> {
  try {
    await createTokenVerifier({ jwks, internalSecret: secret, ...options }).verify(token);
    return "verified";
  } catch (error) {
    return reasonOf(error);
  }
}

describe("token verifier", () => {
  test("a good token - names the user, and is verified once", async () => {
    const verifier = createTokenVerifier({ jwks });
    const token = await sign({ claims: { role: "admin" } });
    expect((await verifier.verify(token)).principal).toEqual({ kind: "user", userId: "u1", role: "admin" });
    expect(verifier.verify(token)).not.toBeInstanceOf(Promise);
  });

  test("bad tokens - are refused", async () => {
    const other = await generateKeyPair("ES256");
    const spki = new TextEncoder().encode(JSON.stringify(jwks.keys[0]));
    const rsa = await generateKeyPair("RS256");
    const bad: Record<string, string> = {
      "other key": await sign({ key: other.privateKey }),
      "unknown key id": await sign({ kid: "k2" }),
      "other issuer": await sign({ claims: { iss: "flashdeal-internal" } }),
      "other audience": await sign({ claims: { aud: "elsewhere" } }),
      "unknown role": await sign({ claims: { role: "root" } }),
      "no subject": await sign({ claims: { sub: "" } }),
      "alg none": new UnsecuredJWT({ sub: "u1", role: "admin" }).setIssuer("flashdeal-auth").setAudience("flashdeal").setExpirationTime("1m").encode(),
      "HS256 with the public key": await sign({ key: spki, alg: "HS256" }),
      "HS256 with the public key as a service": await sign({ key: spki, alg: "HS256", claims: { iss: "flashdeal-internal", aud: "flashdeal-internal" } }),
      "HS256 with the secret, but a user's issuer": await sign({ key: new TextEncoder().encode(secret), alg: "HS256" }),
      "ES256, but an internal issuer": await sign({ claims: { iss: "flashdeal-internal", aud: "flashdeal-internal" } }),
      RS256: await sign({ key: rsa.privateKey, alg: "RS256" }),
      "changed payload": (await sign()).replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"u2"}').toString("base64url")}.`),
      garbage: "a.b.c",
      "too long": "a".repeat(100_000),
    };
    for (const [name, token] of Object.entries(bad)) {
      expect([name, await reasonOfVerify(token)]).toEqual([name, "TOKEN_INVALID"]);
    }
  });

  test("a token past its time - is TOKEN_EXPIRED, also from the cache", async () => {
    expect(await reasonOfVerify(await sign({ claims: { exp: Math.floor(Date.now() / 1_000) - 1 } }))).toBe("TOKEN_EXPIRED");
    let nowMs = Date.now();
    const verifier = createTokenVerifier({ jwks, clock: { now: () => new Date(nowMs) } });
    const token = await sign();
    await verifier.verify(token);
    nowMs += 61_000;
    expect(() => verifier.verify(token)).toThrow(/expired/);
  });

  test("an unknown key - is fetched once per interval, however many ask", async () => {
    let fetches = 0;
    let nowMs = Date.now();
    let served: JSONWebKeySet = { keys: [] };
    const fetchKeys = async (): Promise<JSONWebKeySet> => {
      fetches += 1;
      return served;
    };
    const verifier = createTokenVerifier({ jwks: fetchKeys, jwksRefetchIntervalMs: 30_000, clock: { now: () => new Date(nowMs) } });
    const token = await sign();
    const attempts = await Promise.allSettled(Array.from({ length: 50 }, () => Promise.resolve(verifier.verify(token))));
    expect(attempts.every(({ status }) => status === "rejected")).toBe(true);
    expect(fetches).toBe(1);
    served = jwks;
    await expect(verifier.verify(token)).rejects.toThrow(/not valid/);
    nowMs += 30_001;
    await expect(Promise.resolve(verifier.verify(token))).resolves.toBeDefined();
    expect(fetches).toBe(2);
  });

  test("an issuer that cannot be reached - is SERVICE_UNAVAILABLE, not a bad token", async () => {
    expect(await reasonOfVerify(await sign(), { jwks: () => Promise.reject(new Error("down")) })).toBe("SERVICE_UNAVAILABLE");
  });

  test("a private key or another curve in the key set - is not used", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
    const odd = { ...privateKey.export({ format: "jwk" }), kid: "k1" } as JSONWebKeySet["keys"][number];
    expect(await reasonOfVerify(await sign(), { jwks: { keys: [odd] } })).toBe("TOKEN_INVALID");
  });

  test("an internal token - names the service, is kept, and is renewed before it ends", async () => {
    let nowMs = Date.now();
    const clock = { now: () => new Date(nowMs) };
    const source = createInternalTokenSource({ secret, service: "order", clock });
    const token = await source.token();
    expect(source.token()).toBe(token);
    expect((await createTokenVerifier({ jwks, internalSecret: secret }).verify(token)).principal).toEqual({ kind: "service", name: "order" });
    expect(await reasonOfVerify(token, { internalSecret: "x".repeat(32) })).toBe("TOKEN_INVALID");
    nowMs += 9 * 60_000;
    expect(await source.token()).not.toBe(token);
  });
});

const seen: { principal: Principal | undefined; service: string | undefined } = { principal: undefined, service: undefined };

const note = (_request: unknown, context: Parameters<typeof principalOf>[0]): Record<string, never> => {
  seen.principal = principalOf(context);
  seen.service = callingServiceOf(context);
  return {};
};

const outcome = (call: Promise<unknown>): Promise<string | undefined> => call.then(() => "ok", (error: ConnectError) => reasonOf(error));

const bearer = async (parts?: TokenParts): Promise<Record<string, string>> => ({ authorization: `Bearer ${await sign(parts)}` });

describe("auth interceptor", () => {
  let server: RpcServer;
  let plain: GrpcTransport;
  let asService: GrpcTransport;

  beforeAll(async () => {
    server = createGrpcServer({
      host: "127.0.0.1",
      port: 0,
      routes: [serviceRoutes(OrderService, { getOrder: note, batchCreateOrders: note }), serviceRoutes(ProductService, { getProduct: note, deleteProduct: note })],
      interceptors: [createAuthInterceptor(createTokenVerifier({ jwks, internalSecret: secret }))],
    });
    const { port } = await server.start();
    plain = createGrpcTransport({ address: `127.0.0.1:${port}` });
    asService = createGrpcTransport({ address: `127.0.0.1:${port}`, interceptors: [createInternalCallInterceptor(createInternalTokenSource({ secret, service: "gateway" }))] });
  });
  afterAll(async () => {
    plain.close();
    asService.close();
    await server.close();
  });

  /** One call per access level, with its outcome: "ok" or the reason. */
  async function outcomes(headers: Record<string, string>, transport = plain, principal?: Principal): Promise<Record<string, string | undefined>> {
    const orders = createClient(OrderService, transport);
    const products = createClient(ProductService, transport);
    const options = { headers, ...(principal && { contextValues: actAs(principal) }) };
    return {
      public: await outcome(products.getProduct({}, options)),
      customer: await outcome(orders.getOrder({}, options)),
      admin: await outcome(products.deleteProduct({}, options)),
      service: await outcome(orders.batchCreateOrders({}, options)),
    };
  }

  test("nobody - may call public methods only", async () => {
    expect(await outcomes({})).toEqual({ public: "ok", customer: "TOKEN_MISSING", admin: "TOKEN_MISSING", service: "TOKEN_MISSING" });
  });

  test("a customer - may not call methods of admins and services", async () => {
    expect(await outcomes(await bearer())).toEqual({ public: "ok", customer: "ok", admin: "ROLE_REQUIRED", service: "ROLE_REQUIRED" });
    const error = await createClient(ProductService, plain).deleteProduct({}, { headers: await bearer() }).catch((reason: unknown) => reason);
    expect(reasonMetadataOf(error)).toEqual({ required_role: "admin" });
  });

  test("an admin - may not call methods of services", async () => {
    expect(await outcomes(await bearer({ claims: { role: "admin" } }))).toEqual({ public: "ok", customer: "ok", admin: "ok", service: "ROLE_REQUIRED" });
  });

  test("a token that is no good - counts as none on public methods and fails elsewhere", async () => {
    expect(await outcomes({ authorization: "Bearer a.b.c" })).toEqual({ public: "ok", customer: "TOKEN_INVALID", admin: "TOKEN_INVALID", service: "TOKEN_INVALID" });
    expect(await outcomes({ authorization: "Basic dTpw" })).toMatchObject({ customer: "TOKEN_INVALID" });
  });

  test("a user's own token - does not make the user another one", async () => {
    await outcomes({ ...(await bearer()), "x-flashdeal-user-id": "u2", "x-flashdeal-user-role": "admin" });
    await createClient(OrderService, plain).getOrder({}, { headers: { ...(await bearer()), "x-flashdeal-user-id": "u2", "x-flashdeal-user-role": "admin" } });
    expect(seen.principal).toEqual({ kind: "user", userId: "u1", role: "customer" });
  });

  test("a service in its own name - may call everything", async () => {
    expect(await outcomes({}, asService)).toEqual({ public: "ok", customer: "ok", admin: "ok", service: "ok" });
    expect(seen).toEqual({ principal: { kind: "service", name: "gateway" }, service: "gateway" });
  });

  test("a service for a user - has the user's rights, and those of services", async () => {
    const customer: Principal = { kind: "user", userId: "u9", role: "customer" };
    expect(await outcomes({}, asService, customer)).toEqual({ public: "ok", customer: "ok", admin: "ROLE_REQUIRED", service: "ok" });
    expect(seen).toEqual({ principal: customer, service: "gateway" });
  });

  test("a service that names half of a user - is refused", async () => {
    const token = await createInternalTokenSource({ secret, service: "gateway" }).token();
    for (const half of [{ "x-flashdeal-user-role": "customer" }, { "x-flashdeal-user-id": "u9" }] as Record<string, string>[]) {
      expect(await outcomes({ authorization: `Bearer ${token}`, ...half })).toMatchObject({ customer: "TOKEN_INVALID", admin: "TOKEN_INVALID", service: "TOKEN_INVALID" });
    }
  });

  test("a service for nobody - may do what the public may, whatever headers the client sent", async () => {
    const forged = { "x-flashdeal-user-id": "u9", "x-flashdeal-user-role": "admin" };
    expect(await outcomes(forged, asService, { kind: "anonymous" })).toEqual({ public: "ok", customer: "TOKEN_MISSING", admin: "TOKEN_MISSING", service: "TOKEN_MISSING" });
  });
});
