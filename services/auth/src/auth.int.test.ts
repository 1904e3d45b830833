import { createPgliteDatabase, type Database } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reasonOfFailure } from "./testing/expect-reason.ts";
import { startAuthRig, type AuthRig } from "./testing/auth-rig.ts";

describe("thin path", () => {
  let database: Database; let rig: AuthRig;
  beforeAll(async () => {
    database = await createPgliteDatabase({ folder: undefined, log: createLogger({ name: "x", level: "silent" }) });
    rig = await startAuthRig({ database });
  });
  afterAll(async () => { await rig.close(); await database.close(); });
  it("works", async () => {
    const { user } = await rig.client.signUp({ email: "A@Example.com", password: "password1" });
    expect(user).toMatchObject({ email: "a@example.com", displayName: "a", role: 1 });
    const { tokens } = await rig.client.logIn({ email: "a@example.com", password: "password1" });
    const me = await rig.client.getMe({}, { headers: { authorization: `Bearer ${tokens?.accessToken}` } });
    expect(me.user).toEqual(user);
    const { keys } = await rig.client.getJwks({});
    expect(keys).toHaveLength(1);
    const next = await rig.client.refreshToken({ refreshToken: tokens!.refreshToken });
    expect(await reasonOfFailure(rig.client.refreshToken({ refreshToken: tokens!.refreshToken }))).toBe("REFRESH_TOKEN_REUSED");
    expect(await reasonOfFailure(rig.client.refreshToken({ refreshToken: next.tokens!.refreshToken }))).toBe("REFRESH_TOKEN_INVALID");
    expect(await rig.internal.verifyToken({ accessToken: tokens!.accessToken })).toMatchObject({ userId: user!.userId, role: 1 });
  });
});
