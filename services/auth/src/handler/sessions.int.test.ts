import { Role } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { actAs, userIdHeader, userRoleHeader } from "@flashdeal/runtime/auth";
import type { Database } from "@flashdeal/runtime/database";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startAuthRig, type AuthRig } from "../testing/auth-rig.ts";
import { fieldsOfFailure, reasonOfFailure } from "../testing/expect-reason.ts";
import { bearer, countRows, logIn, newUser } from "../testing/test-users.ts";

const dayMs = 86_400_000;
const unknownUserId = "01890000-0000-7000-8000-000000000000";

describeEachDatabase("sessions", (open) => {
  let database: Database;
  let rig: AuthRig;
  beforeAll(async () => {
    database = await open();
    rig = await startAuthRig({ database });
  });
  afterAll(async () => {
    await rig?.close();
    await database?.close();
  });

  const refresh = async (refreshToken: string): Promise<string> => (await rig.client.refreshToken({ refreshToken })).tokens?.refreshToken ?? "";
  const refreshReason = (refreshToken: string) => reasonOfFailure(rig.client.refreshToken({ refreshToken }));

  it("refresh - a chain of exchanges, each with a new pair that works", async () => {
    const { userId, tokens } = await newUser(rig);
    let current = tokens;
    for (let round = 0; round < 5; round += 1) {
      const next = (await rig.client.refreshToken({ refreshToken: current.refreshToken })).tokens;
      if (next === undefined) throw new Error("no tokens");
      expect(next.refreshToken).not.toBe(current.refreshToken);
      expect((await rig.client.getMe({}, bearer(next.accessToken))).user?.userId).toBe(userId);
      current = next;
    }
  });

  it("refresh - the second use of a token ends its family, and no other session", async () => {
    const { email, tokens } = await newUser(rig);
    const other = await logIn(rig, email);
    const second = await refresh(tokens.refreshToken);
    const third = await refresh(second);
    expect(await refreshReason(tokens.refreshToken)).toBe("REFRESH_TOKEN_REUSED");
    expect(await refreshReason(third)).toBe("REFRESH_TOKEN_INVALID");
    expect(await refreshReason(second)).toBe("REFRESH_TOKEN_REUSED");
    await expect(refresh(other.refreshToken)).resolves.toBeDefined();
  });

  it("refresh - unknown, malformed and expired tokens are invalid", async () => {
    const { tokens } = await newUser(rig);
    expect(await refreshReason("\0")).toBe("INVALID_INPUT");
    for (const token of ["x", "비밀", tokens.accessToken.slice(0, 512), `${tokens.refreshToken}x`]) expect(await refreshReason(token)).toBe("REFRESH_TOKEN_INVALID");
    rig.clock.advance(14 * dayMs);
    expect(await refreshReason(tokens.refreshToken)).toBe("REFRESH_TOKEN_INVALID");
  });

  it("refresh - each exchange renews the session's time", async () => {
    const { tokens } = await newUser(rig);
    rig.clock.advance(13 * dayMs);
    const second = await refresh(tokens.refreshToken);
    rig.clock.advance(13 * dayMs);
    await expect(refresh(second)).resolves.toBeDefined();
  });

  it("refresh - a missing or overlong token is named", async () => {
    expect(await fieldsOfFailure(rig.client.refreshToken({}))).toEqual(["refresh_token"]);
    expect(await fieldsOfFailure(rig.client.refreshToken({ refreshToken: "x".repeat(513) }))).toEqual(["refresh_token"]);
    expect(await fieldsOfFailure(rig.client.logOut({}))).toEqual(["refresh_token"]);
  });

  it("refresh race - of 20 uses at once exactly one wins, and the family ends", async () => {
    for (let round = 0; round < 5; round += 1) {
      const { userId, tokens } = await newUser(rig);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, async () => {
          try {
            return { won: await refresh(tokens.refreshToken) };
          } catch (error) {
            return { reason: await reasonOfFailure(Promise.reject(error as Error)) };
          }
        }),
      );
      const won = outcomes.flatMap((outcome) => ("won" in outcome ? [outcome.won] : []));
      expect(won).toHaveLength(1);
      expect(outcomes.filter((outcome) => "reason" in outcome && outcome.reason === "REFRESH_TOKEN_REUSED")).toHaveLength(19);
      expect(await refreshReason(won[0] ?? "")).toBe("REFRESH_TOKEN_INVALID");
      expect(await countRows(rig, "auth.refresh_tokens t JOIN auth.refresh_families f USING (family_id)", `user_id = '${userId}'`)).toBe(2);
      expect(await countRows(rig, "auth.refresh_families", `user_id = '${userId}' AND revoke_time IS NULL`)).toBe(0);
    }
  });

  it("refresh race - against a log-out nothing survives", async () => {
    const survivors: unknown[] = [];
    for (let round = 0; round < 5; round += 1) {
      const { tokens } = await newUser(rig);
      const [refreshed] = await Promise.allSettled([refresh(tokens.refreshToken), rig.client.logOut({ refreshToken: tokens.refreshToken })]);
      const reason = refreshed.status === "fulfilled" ? await refreshReason(refreshed.value) : "REFRESH_TOKEN_INVALID";
      if (reason !== "REFRESH_TOKEN_INVALID") survivors.push(reason);
    }
    expect(survivors).toEqual([]);
  });

  it("log-out - ends the family by any of its tokens, and answers the same for an unknown one", async () => {
    const { tokens } = await newUser(rig);
    const second = await refresh(tokens.refreshToken);
    const answer = await rig.client.logOut({ refreshToken: tokens.refreshToken });
    expect(await refreshReason(second)).toBe("REFRESH_TOKEN_INVALID");
    expect(await rig.client.logOut({ refreshToken: tokens.refreshToken })).toEqual(answer);
    expect(await rig.client.logOut({ refreshToken: "unknown" })).toEqual(answer);
  });

  it("log-out - access tokens that are out live to their end", async () => {
    const { userId, tokens } = await newUser(rig);
    await rig.client.logOut({ refreshToken: tokens.refreshToken });
    expect((await rig.client.getMe({}, bearer(tokens.accessToken))).user?.userId).toBe(userId);
  });

  it("public calls - a bad bearer token does not stand in the way", async () => {
    const { tokens } = await newUser(rig);
    await expect(rig.client.refreshToken({ refreshToken: tokens.refreshToken }, bearer("expired.or.bad"))).resolves.toBeDefined();
  });

  it("retention - ended sessions and used tokens go, living ones stay", async () => {
    const { tokens } = await newUser(rig);
    rig.clock.advance(13 * dayMs);
    const second = await refresh(tokens.refreshToken);
    rig.clock.advance(dayMs);
    for (const task of rig.auth.background.filter(({ name }) => name === "auth-retention")) await task.start();
    expect(await countRows(rig, "auth.refresh_tokens")).toBe(1);
    await expect(refresh(second)).resolves.toBeDefined();
  });

  it("me - the caller's own account", async () => {
    const { userId, email, tokens } = await newUser(rig);
    expect((await rig.client.getMe({}, bearer(tokens.accessToken))).user).toMatchObject({ userId, email, role: Role.CUSTOMER });
  });

  it("me - nobody, a service and a user who is not there", async () => {
    const asIt = { headers: { [userIdHeader]: unknownUserId, [userRoleHeader]: "customer" } };
    expect(await reasonOfFailure(rig.client.getMe({}))).toBe("TOKEN_MISSING");
    expect(await reasonOfFailure(rig.client.getMe({}, asIt))).toBe("TOKEN_MISSING");
    expect(await reasonOfFailure(rig.internal.getMe({}))).toBe("TOKEN_MISSING");
    expect(await reasonOfFailure(rig.client.getMe({}, bearer(await forge({ sub: unknownUserId }))))).toBe("TOKEN_INVALID");
  });

  it("me - a service acts for a user, whose id may be unknown or no id at all", async () => {
    const { userId, email } = await newUser(rig);
    const getMeFor = (id: string) => rig.internal.getMe({}, { contextValues: actAs({ kind: "user", userId: id, role: "customer" }) });
    expect((await getMeFor(userId)).user?.email).toBe(email);
    for (const id of [unknownUserId, "no-uuid", "1"]) expect(await reasonOfFailure(getMeFor(id))).toBe("USER_NOT_FOUND");
  });

  it("verify token - whom it was issued to", async () => {
    const { userId, tokens } = await newUser(rig);
    expect(await rig.internal.verifyToken({ accessToken: tokens.accessToken })).toMatchObject({
      userId,
      role: Role.CUSTOMER,
      expireTime: tokens.accessTokenExpireTime,
    });
  });

  it("verify token - for services only", async () => {
    const { tokens } = await newUser(rig);
    expect(await reasonOfFailure(rig.client.verifyToken({ accessToken: tokens.accessToken }))).toBe("TOKEN_MISSING");
    expect(await reasonOfFailure(rig.client.verifyToken({ accessToken: tokens.accessToken }, bearer(tokens.accessToken)))).toBe("ROLE_REQUIRED");
    expect(await fieldsOfFailure(rig.internal.verifyToken({}))).toEqual(["access_token"]);
    expect(await fieldsOfFailure(rig.internal.verifyToken({ accessToken: "x".repeat(4_097) }))).toEqual(["access_token"]);
  });

  it("bad tokens - expired, foreign key, alg none, changed: refused by VerifyToken and as bearer alike", async () => {
    const { userId, tokens } = await newUser(rig);
    const { keys } = await rig.client.getJwks({});
    const kid = keys[0]?.kid ?? "";
    const [header, payload, signature] = tokens.accessToken.split(".");
    const otherPayload = Buffer.from(JSON.stringify({ ...claims(userId), role: "admin" })).toString("base64url");
    const publicKeyAsSecret = new TextEncoder().encode(JSON.stringify(keys[0]));
    const bad = [
      "garbage",
      "a.b.c",
      `${header}.${payload}.`,
      `${header}.${otherPayload}.${signature}`,
      new UnsecuredJWT(claims(userId)).encode(),
      await forge(claims(userId)),
      await forge(claims(userId), kid),
      await new SignJWT(claims(userId)).setProtectedHeader({ alg: "HS256", kid }).sign(publicKeyAsSecret),
    ];
    for (const token of bad) {
      expect(await reasonOfFailure(rig.internal.verifyToken({ accessToken: token }))).toBe("TOKEN_INVALID");
      expect(await reasonOfFailure(rig.client.getMe({}, bearer(token)))).toBe("TOKEN_INVALID");
    }
    rig.clock.advance(15 * 60_000);
    expect(await reasonOfFailure(rig.internal.verifyToken({ accessToken: tokens.accessToken }))).toBe("TOKEN_EXPIRED");
    expect(await reasonOfFailure(rig.client.getMe({}, bearer(tokens.accessToken)))).toBe("TOKEN_EXPIRED");
  });

  it("bad tokens - of another issuer or for another audience, signed with our own key", async () => {
    for (const config of [{ jwtIssuer: "somebody-else" }, { jwtAudience: "something-else" }]) {
      const other = await startAuthRig({ database, clock: rig.clock, config });
      const { tokens } = await newUser(other);
      await other.close();
      expect(await reasonOfFailure(rig.internal.verifyToken({ accessToken: tokens.accessToken }))).toBe("TOKEN_INVALID");
    }
  });

  function claims(sub: string) {
    const iat = Math.floor(rig.clock.now().getTime() / 1_000);
    return { iss: rig.config.jwtIssuer, aud: rig.config.jwtAudience, sub, role: "customer", iat, exp: iat + 600 };
  }

  async function forge(payload: Record<string, unknown>, kid = "unknown"): Promise<string> {
    const { privateKey } = await generateKeyPair("ES256");
    return new SignJWT({ ...claims("x"), ...payload }).setProtectedHeader({ alg: "ES256", kid }).sign(privateKey);
  }
});
