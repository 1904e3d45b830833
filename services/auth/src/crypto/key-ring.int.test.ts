import { describeEachDatabase, type TestDatabase } from "@flashdeal/runtime/testing";
import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createTestClock, startAuthRig, type AuthRig } from "../testing/auth-rig.ts";
import { reasonOfFailure } from "../testing/expect-reason.ts";
import { bearer, countRows, logIn, newUser } from "../testing/test-users.ts";

const dayMs = 86_400_000;
const minuteMs = 60_000;

const kidOf = (token: string) => decodeProtectedHeader(token).kid;

describeEachDatabase("signing keys", (open) => {
  let database: TestDatabase;
  let rig: AuthRig;
  beforeAll(async () => {
    database = await open();
  });
  beforeEach(async () => {
    rig = await startAuthRig({ database });
    return () => rig.close();
  });
  afterAll(() => database?.close());

  const kids = async (of = rig): Promise<string[]> => (await of.client.getJwks({})).keys.map(({ kid }) => kid);

  it("jwks - public halves only, in the shape of RFC 7517", async () => {
    const { keys } = await rig.client.getJwks({});
    for (const { $typeName: _, ...key } of keys) {
      expect(key).toEqual({ kty: "EC", kid: expect.any(String), use: "sig", alg: "ES256", crv: "P-256", x: expect.stringMatching(/^[\w-]{43}$/), y: expect.stringMatching(/^[\w-]{43}$/) });
    }
  });

  it("storage - the private half is encrypted", async () => {
    const { rows } = await database.query({ name: "", text: "SELECT encrypted_private_key, public_key::text FROM auth.signing_keys" }, []);
    for (const [sealed, publicKey] of rows) {
      expect(Buffer.from(sealed as Uint8Array).includes(Buffer.from("2a8648ce3d0201", "hex"))).toBe(false);
      expect(JSON.parse(String(publicKey))).not.toHaveProperty("d");
    }
  });

  it("storage - another secret does not open it: the service says so and does not start", async () => {
    const other = { keyEncryptionSecret: "another key encryption secret, also long" };
    await expect(startAuthRig({ database, config: other })).rejects.toThrow("KEY_ENCRYPTION_SECRET does not open signing key");
  });

  it("rotation - on schedule: announced, then current; tokens of the old key verify to their end, then the key goes", async () => {
    const { tokens: old } = await newUser(rig);
    const oldKid = kidOf(old.accessToken);
    rig.clock.advance(30 * dayMs - 10 * minuteMs);
    const user = await newUser(rig);
    expect(await rig.auth.keyRing.rotateIfDue()).toBe(true);
    expect(await rig.auth.keyRing.rotateIfDue()).toBe(false);
    const [first, announced] = await kids();
    expect([first, kidOf((await logIn(rig, user.email)).accessToken)]).toEqual([oldKid, oldKid]);

    rig.clock.advance(10 * minuteMs - 1);
    const last = await logIn(rig, user.email);
    expect(kidOf(last.accessToken)).toBe(oldKid);
    rig.clock.advance(1);
    expect(await kids()).toEqual([announced, oldKid]);
    expect(kidOf((await logIn(rig, user.email)).accessToken)).toBe(announced);

    rig.clock.advance(15 * minuteMs - 1_000);
    expect((await rig.client.getMe({}, bearer(last.accessToken))).user?.userId).toBe(user.userId);
    rig.clock.advance(minuteMs + 1_000);
    expect(await kids()).toEqual([announced]);
    expect(await rig.auth.keyRing.rotateIfDue()).toBe(false);
    expect(await countRows(rig, "auth.signing_keys")).toBe(1);
    expect(await reasonOfFailure(rig.internal.verifyToken({ accessToken: last.accessToken }))).toBe("TOKEN_INVALID");
  });

  it("rotation - by hand: the new key signs at once, the old tokens stay good", async () => {
    const { userId, email, tokens } = await newUser(rig);
    const kid = await rig.auth.keyRing.rotateNow();
    expect((await kids())[0]).toBe(kid);
    expect(kidOf((await logIn(rig, email)).accessToken)).toBe(kid);
    expect((await rig.internal.verifyToken({ accessToken: tokens.accessToken })).userId).toBe(userId);
  });

  it("several processes - start at once on an empty table and share one key", async () => {
    await database.script("DELETE FROM auth.signing_keys");
    const others = await Promise.all(Array.from({ length: 4 }, () => startAuthRig({ database: database.connect(), clock: rig.clock })));
    const seen = await Promise.all(others.map(async (other) => (await kids(other)).join()));
    expect(new Set(seen).size).toBe(1);
    expect(await countRows(rig, "auth.signing_keys")).toBe(1);
    await Promise.all(others.map((other) => other.close()));
  });

  it("several processes - of many that rotate at once one makes the key, and all follow", async () => {
    const clock = createTestClock();
    clock.advance(365 * dayMs);
    const others = await Promise.all(Array.from({ length: 3 }, () => startAuthRig({ database, clock })));
    clock.advance(30 * dayMs);
    const made = await Promise.all(others.map(({ auth }) => auth.keyRing.rotateIfDue()));
    expect(made.filter(Boolean)).toHaveLength(1);
    clock.advance(10 * minuteMs);
    const { userId, tokens } = await newUser(others[0] ?? rig);
    for (const other of others) {
      expect((await kids(other))[0]).toBe(kidOf(tokens.accessToken));
      expect((await other.internal.verifyToken({ accessToken: tokens.accessToken })).userId).toBe(userId);
    }
    await Promise.all(others.map((other) => other.close()));
  });

  it("several processes - rotating by hand at once makes a generation each", async () => {
    const before = await countRows(rig, "auth.signing_keys");
    const made = await Promise.all([rig.auth.keyRing.rotateNow(), rig.auth.keyRing.rotateNow()]);
    expect(new Set(made).size).toBe(2);
    expect(await countRows(rig, "auth.signing_keys")).toBe(before + 2);
  });
});
