import { Role } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { migrate, type Database } from "@flashdeal/runtime/database";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { authMigrations } from "./compose.ts";
import { startAuthRig } from "./testing/auth-rig.ts";
import { reasonOfFailure } from "./testing/expect-reason.ts";
import { bearer, countRows, newEmail, newUser, testPassword } from "./testing/test-users.ts";

const admin = (adminEmail = newEmail()) => ({ adminEmail, adminPassword: "the admin's password" });

describeEachDatabase("first admin and schema", (open) => {
  let database: Database;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database?.close());

  it("first admin - created at the start, able to log in, and left alone afterwards", async () => {
    const config = admin();
    const rig = await startAuthRig({ database, config });
    const { tokens } = await rig.client.logIn({ email: config.adminEmail, password: config.adminPassword });
    const { user } = await rig.client.getMe({}, bearer(tokens?.accessToken ?? ""));
    expect(user?.role).toBe(Role.ADMIN);
    expect((await rig.internal.verifyToken({ accessToken: tokens?.accessToken ?? "" })).role).toBe(Role.ADMIN);
    await rig.close();

    const again = await startAuthRig({ database, config: { ...config, adminPassword: "changed in the environment" } });
    await expect(again.client.logIn({ email: config.adminEmail, password: config.adminPassword })).resolves.toBeDefined();
    expect(await countRows(again, "auth.users", `email = '${config.adminEmail}'`)).toBe(1);
    await again.close();
  });

  it("first admin - a customer who took the address first loses it", async () => {
    const rig = await startAuthRig({ database });
    const { userId, email, tokens } = await newUser(rig);
    await rig.close();
    const config = admin(email);
    const promoted = await startAuthRig({ database, config });
    expect(await reasonOfFailure(promoted.client.logIn({ email, password: testPassword }))).toBe("CREDENTIALS_INVALID");
    expect(await reasonOfFailure(promoted.client.refreshToken({ refreshToken: tokens.refreshToken }))).toBe("REFRESH_TOKEN_INVALID");
    const session = await promoted.client.logIn({ email, password: config.adminPassword });
    expect((await promoted.client.getMe({}, bearer(session.tokens?.accessToken ?? ""))).user).toMatchObject({ userId, role: Role.ADMIN });
    await promoted.close();
  });

  it("first admin - several processes at once make one", async () => {
    const config = admin();
    const rigs = await Promise.all(Array.from({ length: 4 }, () => startAuthRig({ database, config })));
    expect(await countRows(rigs[0] ?? (await startAuthRig({ database })), "auth.users", `email = '${config.adminEmail}' AND role = 'ADMIN'`)).toBe(1);
    await Promise.all(rigs.map((rig) => rig.close()));
  });

  it("first admin - none without the settings", async () => {
    const rig = await startAuthRig({ database });
    const before = await countRows(rig, "auth.users");
    await rig.close();
    const again = await startAuthRig({ database });
    expect(await countRows(again, "auth.users")).toBe(before);
    await again.close();
  });

  it("schema - every step can be taken back", async () => {
    await migrate(database, { ...authMigrations, version: 0 });
    const { rows } = await database.query({ name: "", text: "SELECT relname FROM pg_class WHERE relnamespace = 'auth'::regnamespace AND relkind = 'r'" }, []);
    expect(rows).toEqual([["schema_version"]]);
    await migrate(database, authMigrations);
  });
});
