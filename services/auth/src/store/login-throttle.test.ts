import { describe, expect, it } from "vitest";
import { createMemoryCache } from "@flashdeal/runtime/cache";
import { createTestClock } from "../testing/auth-rig.ts";
import { createLoginThrottle } from "./login-throttle.ts";

const limits = { windowMs: 60_000, maxFailuresPerAccount: 3, maxFailuresPerAddress: 5 };

function createThrottle() {
  const clock = createTestClock();
  return { clock, throttle: createLoginThrottle(createMemoryCache(), clock, limits, () => {}) };
}

describe("login throttle", () => {
  it("account - blocked at the limit, until its window ends", async () => {
    const { clock, throttle } = createThrottle();
    const subject = { email: "a@b.c", address: undefined };
    for (let failure = 0; failure < 3; failure += 1) {
      expect(await throttle.blockedForMs(subject)).toBe(0);
      await throttle.recordFailure(subject);
    }
    const blockedForMs = await throttle.blockedForMs(subject);
    expect(blockedForMs).toBeGreaterThan(0);
    expect(blockedForMs).toBeLessThanOrEqual(60_000);
    expect(await throttle.blockedForMs({ email: "other@b.c", address: undefined })).toBe(0);
    clock.advance(blockedForMs);
    expect(await throttle.blockedForMs(subject)).toBe(0);
  });

  it("address - counts over all accounts, an IPv6 network as one", async () => {
    const { throttle } = createThrottle();
    for (let failure = 0; failure < 5; failure += 1) await throttle.recordFailure({ email: `${failure}@b.c`, address: `2001:db8::${failure}` });
    expect(await throttle.blockedForMs({ email: "new@b.c", address: "2001:db8::99" })).toBeGreaterThan(0);
    expect(await throttle.blockedForMs({ email: "new@b.c", address: "2001:db8:0:1::1" })).toBe(0);
    expect(await throttle.blockedForMs({ email: "new@b.c", address: undefined })).toBe(0);
  });

  it("cache - where it does not answer, log-ins go on and somebody hears of it", async () => {
    const heard: unknown[] = [];
    const broken = { ...createMemoryCache(), increment: () => Promise.reject(new Error("no cache")) };
    const throttle = createLoginThrottle(broken, createTestClock(), limits, (error) => heard.push(error));
    await throttle.recordFailure({ email: "a@b.c", address: undefined });
    expect(await throttle.blockedForMs({ email: "a@b.c", address: undefined })).toBe(0);
    expect(heard).toHaveLength(2);
  });
});
