import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { DescMethod } from "@bufbuild/protobuf";
import { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { Access } from "@flashdeal/proto/flashdeal/options/v1/options_pb";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { exportSPKI, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from "jose";
import { v7 as uuidv7 } from "uuid";
import { processOf } from "../caller/contract.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { failureOffence, ok, present, refused } from "../world/expect.ts";
import type { Buyer, World } from "../world/world.ts";
import { accessOf, callAny, reachableMethods, titleOf } from "./methods.ts";
import { newScene, samplesOf, type Scene } from "./samples.ts";

const { getMe, getJwks, logIn } = AuthService.method;

/** Who may not call what. */
export const badTokenCases: readonly ConformanceCase[] = [
  {
    name: "tokens - every method that is not public asks for one",
    run: (world) => allRefuse(world, (access) => (access === Access.PUBLIC ? [] : [{ label: "no token", token: undefined, reason: "TOKEN_MISSING" }])),
  },
  {
    name: "tokens - a customer calls nothing that is an admin's or a service's, and an admin nothing that is a service's",
    async run(world) {
      const { token } = await world.make.newBuyer();
      const adminToken = await world.adminToken();
      await allRefuse(world, (access) => [
        ...(access === Access.ADMIN || access === Access.SERVICE ? [{ label: "a customer", token, reason: "ROLE_REQUIRED" }] : []),
        ...(access === Access.SERVICE ? [{ label: "an admin", token: adminToken, reason: "ROLE_REQUIRED" }] : []),
      ]);
    },
  },
  {
    name: "tokens - a forged token opens nothing",
    timeoutMs: 60_000,
    async run(world) {
      const forged = await forgedTokens(world, await world.make.newBuyer());
      await allRefuse(world, (access) => (access === Access.PUBLIC ? [] : forged.map(([label, token]) => ({ label, token, reason: "TOKEN_INVALID" }))));
    },
  },
  {
    name: "tokens - on a public method a bad token counts as none",
    async run({ caller, make }) {
      await ok(caller.unary(getJwks, {}, { token: "nonsense" }));
      const { email, password } = await make.newBuyer();
      await ok(caller.unary(logIn, { email, password }, { token: "nonsense" }));
    },
  },
  {
    name: "tokens - an expired token is refused as expired",
    needs: ["accessTokenLifeMs"],
    timeoutMs: 120_000,
    async run({ caller, make, platform }) {
      const { token } = await make.newBuyer();
      await ok(caller.unary(getMe, {}, { token }));
      // Verifiers may allow clocks to differ by a few seconds.
      await sleep(present(platform.accessTokenLifeMs) + 6_000);
      await refused(caller.unary(getMe, {}, { token }), "TOKEN_EXPIRED");
      await refused(caller.unary(OrderService.method.listOrders, {}, { token }), "TOKEN_EXPIRED");
    },
  },
  {
    name: "tokens - headers that name a user are believed from services only",
    async run(world) {
      const [buyer, other] = [await world.make.newBuyer(), await world.make.newBuyer()];
      const headers = { authorization: `Bearer ${buyer.token}`, "x-flashdeal-user-id": other.userId, "x-flashdeal-user-role": "admin" };
      if (world.caller.protocol === "rest") {
        const me = await world.rawRest("/v1/auth/me", { headers });
        assert.equal(((await me.json()) as { userId: string }).userId, buyer.userId);
        assert.equal((await world.rawRest("/v1/audits", { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: "{}" })).status, 403);
        const { authorization: _, ...alone } = headers;
        assert.equal((await world.rawRest("/v1/auth/me", { headers: alone })).status, 401);
        return;
      }
      const { auth, product } = present(world.platform.grpcAddresses);
      const me = await ok(world.rawGrpc(auth, pathOf(getMe), new Uint8Array(), headers));
      assert.ok(Buffer.from(me).includes(buyer.userId), "the answer is about somebody else");
      await refused(world.rawGrpc(product, pathOf(ProductService.method.createProduct), new Uint8Array(), headers), "ROLE_REQUIRED");
    },
  },
  {
    name: "tokens - an authorization that is no bearer token is refused",
    async run(world) {
      for (const authorization of ["Basic YWRtaW46YWRtaW4=", "Bearer", "Bearer ", "bearer a b", "Token x"]) {
        if (world.caller.protocol === "rest") {
          const answer = await world.rawRest("/v1/auth/me", { headers: { authorization } });
          assert.equal(answer.status, 401, authorization);
        } else {
          const address = present(world.platform.grpcAddresses)[present(processOf.get(AuthService))];
          const outcome = await world.rawGrpc(address, pathOf(getMe), new Uint8Array(), { authorization });
          assert.ok(!outcome.ok && outcome.code === "UNAUTHENTICATED" && outcome.reason.startsWith("TOKEN_"), authorization);
        }
      }
    },
  },
];

interface Attempt {
  readonly label: string;
  readonly token: string | undefined;
  readonly reason: string;
}

async function allRefuse(world: World, attemptsOf: (access: Access) => readonly Attempt[]): Promise<void> {
  const scene: Scene = await newScene(world);
  const samples = samplesOf(scene);
  const offences: string[] = [];
  let count = 0;
  for (const method of reachableMethods(world)) {
    const sample = present(samples.get(method), `the sample of ${titleOf(method)}`);
    for (const { label, token, reason } of attemptsOf(accessOf(method))) {
      count++;
      const outcome = await callAny(world, method, sample, { key: world.make.unique("key"), ...(token === undefined ? {} : { token }) });
      const offence = outcome.ok ? "the call succeeded" : failureOffence(outcome, reason);
      if (offence !== undefined) offences.push(`${titleOf(method)} with ${label}: ${offence}`);
    }
  }
  assert.ok(count > 0 || world.caller.protocol === "rest");
  assert.deepEqual(offences, []);
}

/** Tokens like the buyer's own that nobody but the buyer's enemy made. */
async function forgedTokens({ caller }: World, { token, userId }: Buyer): Promise<readonly (readonly [string, string])[]> {
  const [headerPart = "", payloadPart = "", signature = ""] = token.split(".");
  const header = JSON.parse(Buffer.from(headerPart, "base64url").toString()) as { kid?: string };
  const claims = JSON.parse(Buffer.from(payloadPart, "base64url").toString()) as Record<string, unknown>;
  const { keys } = await ok(caller.unary(getJwks, {}));
  const { kty, crv, x, y, kid } = present(keys[0]);
  const publicKey = await importJWK({ kty, crv, x, y }, "ES256", { extractable: true });
  assert.ok(publicKey instanceof CryptoKey);
  const spki = await exportSPKI(publicKey);
  const { privateKey } = await generateKeyPair("ES256");
  const sign = (payload: Record<string, unknown>, head: Record<string, string> = {}) =>
    new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid: header.kid ?? kid, ...head }).sign(privateKey);
  const hmac = (head: Record<string, unknown>, secret: string | Buffer) => {
    const unsigned = `${encode(head)}.${encode({ ...claims, role: "admin" })}`;
    return `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`;
  };
  const none = new UnsecuredJWT({ ...claims, role: "admin" }).encode();
  const hs256 = { alg: "HS256", kid: header.kid ?? kid, typ: "JWT" };
  return [
    ["another key's signature", await sign(claims)],
    ["a key that is not known", await sign(claims, { kid: uuidv7() })],
    ["another issuer", await sign({ ...claims, iss: "https://evil.example" })],
    ["another audience", await sign({ ...claims, aud: "somewhere-else" })],
    ["a service's issuer", await sign({ ...claims, iss: "flashdeal-internal", aud: "flashdeal-internal", sub: "order" })],
    ["no signature (alg none)", none],
    ["no signature (alg None)", `${encode({ alg: "None" })}.${none.split(".")[1]}.`],
    ["the public key as a secret (PEM)", hmac(hs256, spki)],
    ["the public key as a secret (JWK)", hmac(hs256, JSON.stringify({ kty, crv, x, y }))],
    ["an empty secret", hmac({ ...hs256, iss: "flashdeal-internal" }, "")],
    ["a changed role", `${headerPart}.${encode({ ...claims, role: "admin" })}.${signature}`],
    ["a changed user", `${headerPart}.${encode({ ...claims, sub: userId.replace(/.$/, "0") + "x" })}.${signature}`],
    ["a cut signature", token.slice(0, -10)],
    ["nonsense", createHash("sha256").update(token).digest("base64url")],
    ["three empty parts", ".."],
  ];
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}
