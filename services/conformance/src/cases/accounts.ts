import assert from "node:assert/strict";
import { AuthService, Role, type TokenPair } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import type { ConformanceCase } from "../conformance-case.ts";
import { ok, present, refused } from "../world/expect.ts";
import type { World } from "../world/world.ts";

const { signUp, logIn, refreshToken, logOut, getMe, getJwks, verifyToken } = AuthService.method;
const password = "correct-horse-battery";

/** Signing up and in, and what tokens are worth. */
export const accountCases: readonly ConformanceCase[] = [
  {
    name: "accounts - signing up makes a customer, whose address is kept in lower case",
    async run({ caller, make }) {
      const name = make.unique("New");
      const { user } = await ok(caller.unary(signUp, { email: `${name}@Flashdeal.Example`, password, displayName: "New" }));
      assert.equal(user?.email, `${name}@flashdeal.example`.toLowerCase());
      assert.equal(user?.role, Role.CUSTOMER);
      assert.equal(user?.displayName, "New");
      assert.match(user.userId, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
      assert.ok(user.createTime !== undefined);
    },
  },
  {
    name: "accounts - without a display name the part before the @ is taken",
    async run({ caller, make }) {
      const name = make.unique("plain").toLowerCase();
      const { user } = await ok(caller.unary(signUp, { email: `${name}@flashdeal.example`, password }));
      assert.equal(user?.displayName, name);
    },
  },
  {
    name: "accounts - a registered address is refused, in whatever letter case",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      await refused(caller.unary(signUp, { email: buyer.email.toUpperCase(), password }), "EMAIL_TAKEN");
    },
  },
  {
    name: "accounts - repeating a sign-up with the same key answers the same account",
    async run({ caller, make }) {
      const request = { email: `${make.unique("again")}@flashdeal.example`, password };
      const key = make.unique("key");
      const first = await ok(caller.unary(signUp, request, { key }));
      const second = await ok(caller.unary(signUp, request, { key }));
      assert.deepEqual(second, first);
      await refused(caller.unary(signUp, { ...request, displayName: "Other" }, { key }), "REQUEST_ID_REUSED");
    },
  },
  {
    name: "accounts - logging in gives a pair of tokens",
    async run({ caller, make }) {
      const { email } = await make.newBuyer();
      const tokens = present((await ok(caller.unary(logIn, { email: email.toUpperCase(), password }))).tokens);
      assert.equal(tokens.tokenType, "Bearer");
      assert.equal(tokens.accessToken.split(".").length, 3);
      assert.ok(tokens.refreshToken.length >= 20);
      assert.ok(Number(present(tokens.accessTokenExpireTime).seconds) * 1_000 > Date.now());
      assert.ok(Number(present(tokens.refreshTokenExpireTime).seconds) > Number(present(tokens.accessTokenExpireTime).seconds));
    },
  },
  {
    name: "accounts - a wrong password and an unknown address get the same answer",
    async run({ caller, make }) {
      const { email } = await make.newBuyer();
      const wrong = await refused(caller.unary(logIn, { email, password: "wrong-password" }), "CREDENTIALS_INVALID");
      const unknown = await refused(caller.unary(logIn, { email: `${make.unique("nobody")}@flashdeal.example`, password }), "CREDENTIALS_INVALID");
      assert.deepEqual(unknown, wrong);
    },
  },
  {
    name: "accounts - a signed-in user sees the own account",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const { user } = await ok(caller.unary(getMe, {}, { token: buyer.token }));
      assert.equal(user?.userId, buyer.userId);
      assert.equal(user?.email, buyer.email);
    },
  },
  {
    name: "accounts - a refresh token gives the next pair",
    async run(world) {
      const buyer = await world.make.newBuyer();
      const next = await refresh(world, buyer.refreshToken);
      assert.notEqual(next.refreshToken, buyer.refreshToken);
      const { user } = await ok(world.caller.unary(getMe, {}, { token: next.accessToken }));
      assert.equal(user?.userId, buyer.userId);
      await refresh(world, next.refreshToken);
    },
  },
  {
    name: "accounts - using a refresh token twice ends its whole family, and no other",
    async run(world) {
      const { caller, make } = world;
      const buyer = await make.newBuyer();
      const other = present((await ok(caller.unary(logIn, { email: buyer.email, password }))).tokens);
      const next = await refresh(world, buyer.refreshToken);
      await refused(caller.unary(refreshToken, { refreshToken: buyer.refreshToken }), "REFRESH_TOKEN_REUSED");
      const last = await caller.unary(refreshToken, { refreshToken: next.refreshToken });
      assert.ok(!last.ok && ["REFRESH_TOKEN_INVALID", "REFRESH_TOKEN_REUSED"].includes(last.reason), "the family lives on");
      await refresh(world, other.refreshToken);
    },
  },
  {
    name: "accounts - of ten uses of one refresh token at once, one wins",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      const attempts = Array.from({ length: 10 }, () => caller.unary(refreshToken, { refreshToken: buyer.refreshToken }));
      const outcomes = await Promise.all(attempts);
      assert.equal(outcomes.filter((outcome) => outcome.ok).length, 1);
      for (const outcome of outcomes) assert.ok(outcome.ok || /^REFRESH_TOKEN_(REUSED|INVALID)$/.test(outcome.reason));
    },
  },
  {
    name: "accounts - logging out ends the family, and is the same for an unknown token",
    async run({ caller, make }) {
      const buyer = await make.newBuyer();
      await ok(caller.unary(logOut, { refreshToken: buyer.refreshToken }));
      await ok(caller.unary(logOut, { refreshToken: buyer.refreshToken }));
      await ok(caller.unary(logOut, { refreshToken: make.unique("unknown") }));
      const outcome = await caller.unary(refreshToken, { refreshToken: buyer.refreshToken });
      assert.ok(!outcome.ok && outcome.code === "UNAUTHENTICATED");
    },
  },
  {
    name: "accounts - an unknown refresh token is refused",
    async run({ caller, make }) {
      await refused(caller.unary(refreshToken, { refreshToken: make.unique("unknown") }), "REFRESH_TOKEN_INVALID");
    },
  },
  {
    name: "accounts - the public keys are ES256 keys and nothing private",
    async run({ caller }) {
      const { keys } = await ok(caller.unary(getJwks, {}));
      assert.ok(keys.length > 0);
      for (const { kty, crv, alg, use, kid, x, y } of keys) {
        assert.deepEqual([kty, crv, alg, use], ["EC", "P-256", "ES256", "sig"]);
        assert.ok(kid !== "" && x !== "" && y !== "");
      }
    },
  },
  {
    name: "accounts - VerifyToken tells a service whose token it is",
    protocols: ["grpc"],
    needs: ["internalTokenSecret"],
    async run({ caller, make, serviceToken, adminToken }) {
      const buyer = await make.newBuyer();
      const token = await serviceToken();
      const answer = await ok(caller.unary(verifyToken, { accessToken: buyer.token }, { token }));
      assert.deepEqual([answer.userId, answer.role], [buyer.userId, Role.CUSTOMER]);
      assert.equal((await ok(caller.unary(verifyToken, { accessToken: await adminToken() }, { token }))).role, Role.ADMIN);
      await refused(caller.unary(verifyToken, { accessToken: `${buyer.token}x` }, { token }), "TOKEN_INVALID");
    },
  },
];

async function refresh({ caller }: World, token: string): Promise<TokenPair> {
  return present((await ok(caller.unary(refreshToken, { refreshToken: token }))).tokens);
}
