import { Code } from "@connectrpc/connect";
import type { Database } from "@flashdeal/runtime/database";
import { retryAfterMsOf } from "@flashdeal/runtime/errors";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { startAuthRig, type AuthRig } from "../testing/auth-rig.ts";
import { failureOf, fieldsOfFailure, reasonOfFailure } from "../testing/expect-reason.ts";
import { countRows, logIn, newEmail, newUser, testPassword } from "../testing/test-users.ts";
import { clientAddressHeader } from "./log-in.ts";

const windowMs = 60_000;

describeEachDatabase("log-in", (open) => {
  let database: Database;
  let rig: AuthRig;
  beforeAll(async () => {
    database = await open();
    const config = { maxLoginFailuresPerAccount: 3, maxLoginFailuresPerAddress: 6, loginFailureWindowMs: windowMs, maxSessionsPerUser: 3, maxConcurrentHashes: 2 };
    rig = await startAuthRig({ database, config });
  });
  beforeEach(() => rig.clock.advance(windowMs));
  afterAll(async () => {
    await rig?.close();
    await database?.close();
  });

  const attempt = (email: string, password = "wrong password", address?: string) =>
    rig.internal.logIn({ email, password }, address === undefined ? {} : { headers: { [clientAddressHeader]: address } });

  it("tokens - a JWT with the agreed claims, and an opaque refresh token", async () => {
    const { userId, email } = await newUser(rig);
    const tokens = await logIn(rig, email.toUpperCase());
    const { keys } = await rig.client.getJwks({});
    expect(decodeProtectedHeader(tokens.accessToken)).toEqual({ alg: "ES256", kid: keys[0]?.kid, typ: "JWT" });
    const issuedAt = Math.floor(rig.clock.now().getTime() / 1_000);
    expect(decodeJwt(tokens.accessToken)).toEqual({
      iss: rig.config.jwtIssuer,
      aud: rig.config.jwtAudience,
      sub: userId,
      role: "customer",
      iat: issuedAt,
      exp: issuedAt + 900,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(tokens.tokenType).toBe("Bearer");
    expect(tokens.accessTokenExpireTime?.seconds).toBe(BigInt(issuedAt + 900));
    expect(tokens.refreshToken).toMatch(/^[\w-]{43}$/);
  });

  it("tokens - the refresh token itself is stored nowhere", async () => {
    const { tokens } = await newUser(rig);
    expect(await countRows(rig, "auth.refresh_tokens t", `t::text LIKE '%${tokens.refreshToken}%' OR token_hash = convert_to('${tokens.refreshToken}', 'UTF8')`)).toBe(0);
  });

  it("credentials - unknown address and wrong password look exactly alike", async () => {
    const { email } = await newUser(rig);
    const wrong = await failureOf(rig.client.logIn({ email, password: "wrong password" }));
    const unknown = await failureOf(rig.client.logIn({ email: newEmail(), password: "wrong password" }));
    expect(await reasonOfFailure(rig.client.logIn({ email, password: "wrong password" }))).toBe("CREDENTIALS_INVALID");
    expect(wrong.code).toBe(Code.Unauthenticated);
    expect([unknown.code, unknown.rawMessage, unknown.details]).toEqual([wrong.code, wrong.rawMessage, wrong.details]);
  });

  it("credentials - what can be no address of ours is only a wrong one", async () => {
    for (const email of ["nobody", "' OR 1=1 --"]) expect(await reasonOfFailure(attempt(email))).toBe("CREDENTIALS_INVALID");
    expect(await reasonOfFailure(attempt("a\0b@example.com"))).toBe("INVALID_INPUT");
  });

  it("credentials - letters may be composed or not", async () => {
    const email = newEmail();
    await rig.client.signUp({ email, password: "비밀번호-비밀번호".normalize("NFD") });
    await expect(rig.client.logIn({ email, password: "비밀번호-비밀번호" })).resolves.toBeDefined();
  });

  it.each([
    [["email"], { password: testPassword }],
    [["email"], { email: "x".repeat(255), password: testPassword }],
    [["password"], { email: "a@example.com" }],
    [["password"], { email: "a@example.com", password: "x".repeat(129) }],
    [["email", "password"], {}],
  ])("bad input - %j is named", async (fields, request) => {
    expect([...new Set(await fieldsOfFailure(rig.client.logIn(request)))]).toEqual(fields);
  });

  it("throttle - an account is closed after its failures, also for the right password, until the window ends", async () => {
    const { email } = await newUser(rig);
    for (let failure = 0; failure < 3; failure += 1) expect(await reasonOfFailure(attempt(email))).toBe("CREDENTIALS_INVALID");
    const error = await failureOf(attempt(email.toUpperCase(), testPassword));
    expect(error.code).toBe(Code.ResourceExhausted);
    expect(await reasonOfFailure(attempt(email, testPassword))).toBe("LOGIN_THROTTLED");
    const retryAfterMs = retryAfterMsOf(error) ?? 0;
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(windowMs);
    rig.clock.advance(retryAfterMs);
    await expect(logIn(rig, email)).resolves.toBeDefined();
  });

  it("throttle - an unknown account closes just the same", async () => {
    const email = newEmail();
    for (let failure = 0; failure < 3; failure += 1) await reasonOfFailure(attempt(email));
    expect(await reasonOfFailure(attempt(email))).toBe("LOGIN_THROTTLED");
  });

  it("throttle - success counts nothing", async () => {
    const { email } = await newUser(rig);
    for (let round = 0; round < 10; round += 1) await logIn(rig, email);
    expect(await reasonOfFailure(attempt(email))).toBe("CREDENTIALS_INVALID");
  });

  it("throttle - an address is closed after failures on any accounts; others are not", async () => {
    const { email } = await newUser(rig);
    for (let failure = 0; failure < 6; failure += 1) await reasonOfFailure(attempt(newEmail(), "wrong", "203.0.113.7"));
    expect(await reasonOfFailure(attempt(email, testPassword, "203.0.113.7"))).toBe("LOGIN_THROTTLED");
    await expect(attempt(email, testPassword, "203.0.113.8")).resolves.toBeDefined();
  });

  it("throttle - an address that no service vouches for is not believed", async () => {
    for (let failure = 0; failure < 8; failure += 1) {
      const call = rig.client.logIn({ email: newEmail(), password: "wrong" }, { headers: { [clientAddressHeader]: "198.51.100.1" } });
      expect(await reasonOfFailure(call)).toBe("CREDENTIALS_INVALID");
    }
    expect(await reasonOfFailure(attempt(newEmail(), "wrong", "198.51.100.1"))).toBe("CREDENTIALS_INVALID");
  });

  it("throttle - 40 guesses at once get no further than the limit and the hashes that run", async () => {
    const { email } = await newUser(rig);
    const reasons = await Promise.all(Array.from({ length: 40 }, () => reasonOfFailure(attempt(email))));
    const tried = reasons.filter((reason) => reason === "CREDENTIALS_INVALID").length;
    expect(tried).toBeGreaterThanOrEqual(3);
    expect(tried).toBeLessThanOrEqual(3 + 2);
    expect(reasons.filter((reason) => reason === "LOGIN_THROTTLED")).toHaveLength(40 - tried);
  });

  it("sessions - beyond the limit the oldest ends", async () => {
    const { email, tokens } = await newUser(rig);
    for (let session = 0; session < 3; session += 1) {
      rig.clock.advance(1);
      await logIn(rig, email);
    }
    expect(await reasonOfFailure(rig.client.refreshToken({ refreshToken: tokens.refreshToken }))).toBe("REFRESH_TOKEN_INVALID");
  });

  it("hash - one of other parameters is renewed by the next log-in", async () => {
    const { userId, email } = await newUser(rig);
    const stronger = await startAuthRig({ database, clock: rig.clock, config: { argon2MemoryKib: 128 } });
    await logIn(stronger, email);
    await stronger.close();
    const { rows } = await database.query({ name: "", text: "SELECT password_hash FROM auth.credentials WHERE user_id = $1" }, [userId]);
    expect(rows[0]?.[0]).toContain("$m=128,");
  });

  it("overload - beyond the queue log-ins and sign-ups are turned away with a time to wait", async () => {
    const narrow = await startAuthRig({ database, clock: rig.clock, config: { maxConcurrentHashes: 1, maxQueuedHashes: 1, argon2MemoryKib: 32_768 } });
    const calls = Array.from({ length: 8 }, () => failureOf(narrow.client.logIn({ email: newEmail(), password: "wrong" })));
    const errors = await Promise.all(calls);
    const turnedAway = errors.filter((error) => retryAfterMsOf(error) === 1_000);
    expect(turnedAway.length).toBeGreaterThanOrEqual(4);
    expect(turnedAway.every((error) => error.code === Code.ResourceExhausted)).toBe(true);
    await narrow.close();
  });
});
