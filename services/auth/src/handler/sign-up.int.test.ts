import { Code } from "@connectrpc/connect";
import { Role } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import type { Database } from "@flashdeal/runtime/database";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startAuthRig, type AuthRig } from "../testing/auth-rig.ts";
import { failureOf, fieldsOfFailure, reasonOfFailure } from "../testing/expect-reason.ts";
import { countRows, newEmail, testPassword } from "../testing/test-users.ts";

const dayMs = 86_400_000;

describeEachDatabase("sign-up", (open) => {
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

  it("account - a customer, with the address in lower case and a name from it", async () => {
    const { user } = await rig.client.signUp({ email: "Ada.Lovelace@Example.COM", password: testPassword });
    expect(user).toMatchObject({ email: "ada.lovelace@example.com", displayName: "ada.lovelace", role: Role.CUSTOMER });
    expect(user?.userId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
    expect(user?.createTime).toEqual(user?.updateTime);
  });

  it("account - keeps the name that was asked for", async () => {
    const { user } = await rig.client.signUp({ email: newEmail(), password: testPassword, displayName: "  에이다 " });
    expect(user?.displayName).toBe("에이다");
  });

  it("password - only an argon2id hash is stored", async () => {
    const email = newEmail();
    await rig.client.signUp({ email, password: testPassword, requestId: "secret-free" });
    const { rows } = await database.query(
      { name: "", text: "SELECT c.password_hash, u::text, r::text FROM auth.users u JOIN auth.credentials c USING (user_id) JOIN auth.idempotency_records r ON r.caller = u.email WHERE u.email = $1" },
      [email],
    );
    expect(rows[0]?.[0]).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
    expect(String(rows[0]?.[1]) + String(rows[0]?.[2])).not.toContain(testPassword);
  });

  it("e-mail taken - also in other letter case, and nothing changes", async () => {
    const email = newEmail();
    await rig.client.signUp({ email, password: testPassword });
    const before = await countRows(rig, "auth.users");
    const error = await failureOf(rig.client.signUp({ email: email.toUpperCase(), password: "another password" }));
    expect(error.code).toBe(Code.AlreadyExists);
    expect(await reasonOfFailure(rig.client.signUp({ email, password: testPassword, requestId: "new-key" }))).toBe("EMAIL_TAKEN");
    expect(await countRows(rig, "auth.users")).toBe(before);
    expect(await countRows(rig, "auth.idempotency_records", `caller = '${email}'`)).toBe(0);
  });

  it.each([
    [["email"], { password: testPassword }],
    [["email"], { email: "nobody", password: testPassword }],
    [["email"], { email: "a@b\0.example", password: testPassword }],
    [["email"], { email: `${"x".repeat(250)}@example.com`, password: testPassword }],
    [["password"], { email: "valid@example.com" }],
    [["password"], { email: "valid@example.com", password: "short" }],
    [["password"], { email: "valid@example.com", password: "x".repeat(129) }],
    [["display_name"], { email: "valid@example.com", password: testPassword, displayName: "x".repeat(101) }],
    [["display_name"], { email: "valid@example.com", password: testPassword, displayName: "a\0b" }],
    [["display_name"], { email: "valid@example.com", password: testPassword, displayName: "a\nb" }],
    [["request_id"], { email: "valid@example.com", password: testPassword, requestId: "with space" }],
    [["request_id"], { email: "valid@example.com", password: testPassword, requestId: "x".repeat(129) }],
  ])("bad input - %j is named, and nothing is stored", async (fields, request) => {
    const before = await countRows(rig, "auth.users");
    const call = { ...request, requestId: "requestId" in request ? request.requestId : "bad-input" };
    expect(await reasonOfFailure(rig.client.signUp(call))).toBe("INVALID_INPUT");
    expect([...new Set(await fieldsOfFailure(rig.client.signUp(call)))]).toEqual(fields);
    expect(await countRows(rig, "auth.users")).toBe(before);
    expect(await countRows(rig, "auth.idempotency_records", "request_id = 'bad-input'")).toBe(0);
  });

  it("request id - the same call again answers the same, for 24 hours", async () => {
    const request = { email: newEmail(), password: testPassword, requestId: "key-1" };
    const first = await rig.client.signUp(request);
    rig.clock.advance(dayMs - 1);
    expect(await rig.client.signUp(request)).toEqual(first);
    expect(await rig.client.signUp({ ...request, email: request.email.toUpperCase() })).toEqual(first);
    rig.clock.advance(1);
    expect(await reasonOfFailure(rig.client.signUp(request))).toBe("EMAIL_TAKEN");
  });

  it("request id - with another payload it is refused", async () => {
    const request = { email: newEmail(), password: testPassword, requestId: "key-2" };
    await rig.client.signUp(request);
    expect(await reasonOfFailure(rig.client.signUp({ ...request, password: "another password" }))).toBe("REQUEST_ID_REUSED");
    expect(await reasonOfFailure(rig.client.signUp({ ...request, displayName: "Another" }))).toBe("REQUEST_ID_REUSED");
  });

  it("request id - other addresses may use the same one", async () => {
    const request = { password: testPassword, requestId: "key-3" };
    const [one, two] = [await rig.client.signUp({ ...request, email: newEmail() }), await rig.client.signUp({ ...request, email: newEmail() })];
    expect(one.user?.userId).not.toBe(two.user?.userId);
  });

  it("race - 20 calls with one key make one account and all get it", async () => {
    const request = { email: newEmail(), password: testPassword, requestId: "key-4" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => rig.client.signUp(request)));
    expect(new Set(answers.map(({ user }) => user?.userId)).size).toBe(1);
    expect(await countRows(rig, "auth.users", `email = '${request.email}'`)).toBe(1);
  });

  it("race - of 20 calls without a key one gets the address", async () => {
    const request = { email: newEmail(), password: testPassword };
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => rig.client.signUp(request).then(() => "created", () => reasonOfFailure(rig.client.signUp(request)))),
    );
    expect(outcomes.toSorted()).toEqual([...Array.from({ length: 19 }, () => "EMAIL_TAKEN"), "created"]);
    expect(await countRows(rig, "auth.users", `email = '${request.email}'`)).toBe(1);
    expect(await countRows(rig, "auth.users u", "NOT EXISTS (SELECT 1 FROM auth.credentials c WHERE c.user_id = u.user_id)")).toBe(0);
  });

  it("retention - idempotency records go when they have ended", async () => {
    await rig.client.signUp({ email: newEmail(), password: testPassword, requestId: "key-5" });
    rig.clock.advance(dayMs);
    for (const task of rig.auth.background.filter(({ name }) => name === "auth-retention")) await task.start();
    expect(await countRows(rig, "auth.idempotency_records")).toBe(0);
  });
});
