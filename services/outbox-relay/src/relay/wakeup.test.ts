import { describe, expect, it } from "vitest";
import { backoffMs } from "./pause.ts";
import { createWakeup } from "./wakeup.ts";

const never = new AbortController().signal;
const elapsedMs = async (work: Promise<void>): Promise<number> => {
  const startMs = performance.now();
  await work;
  return performance.now() - startMs;
};

describe("wakeup", () => {
  it("a ring between two waits is kept, once", async () => {
    const wakeup = createWakeup();
    wakeup.wake();
    wakeup.wake();
    expect(await elapsedMs(wakeup.wait(5_000, never))).toBeLessThan(1_000);
    expect(await elapsedMs(wakeup.wait(30, never))).toBeGreaterThan(20);
  });

  it("a ring, the time and the signal each end the wait", async () => {
    const wakeup = createWakeup();
    setTimeout(() => wakeup.wake(), 5);
    expect(await elapsedMs(wakeup.wait(5_000, never))).toBeLessThan(1_000);
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 5);
    expect(await elapsedMs(wakeup.wait(5_000, leaving.signal))).toBeLessThan(1_000);
    expect(await elapsedMs(wakeup.wait(5_000, leaving.signal))).toBeLessThan(1_000);
  });
});

describe("backoff", () => {
  it("doubles up to its limit, less a random half", () => {
    for (const [failures, ceiling] of [[1, 100], [2, 200], [4, 800], [5, 1_000], [500, 1_000]] as const) {
      const pauses = Array.from({ length: 100 }, () => backoffMs(failures, { firstMs: 100, maxMs: 1_000 }));
      expect(Math.max(...pauses)).toBeLessThanOrEqual(ceiling);
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(ceiling / 2);
    }
  });
});
