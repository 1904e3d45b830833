import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { createPeriodic } from "./periodic.ts";

describe("periodic", () => {
  it("passes - one at the start, more later, also after a failure, none after the drain", async () => {
    let passes = 0;
    const errors: unknown[] = [];
    const run = async (): Promise<void> => {
      passes += 1;
      if (passes === 2) throw new Error("once");
    };
    const task = createPeriodic({ name: "test", intervalMs: 1, run, onError: (error) => errors.push(error) });
    await task.start();
    expect(passes).toBe(1);
    await vi.waitFor(() => expect(passes).toBeGreaterThanOrEqual(4));
    await task.drain();
    const atEnd = passes;
    await sleep(20);
    expect(passes).toBe(atEnd);
    expect(errors).toHaveLength(1);
  });

  it("start - fails where the first pass fails, and may be drained all the same", async () => {
    const task = createPeriodic({ name: "test", intervalMs: 1, run: () => Promise.reject(new Error("no")), onError: () => {} });
    await expect(task.start()).rejects.toThrow("no");
    await task.drain();
  });

  it("drain - waits for the pass that is running", async () => {
    let passes = 0;
    const gate = Promise.withResolvers<void>();
    const task = createPeriodic({ name: "test", intervalMs: 1, run: async () => void ((passes += 1) === 2 && (await gate.promise)), onError: () => {} });
    await task.start();
    await vi.waitFor(() => expect(passes).toBe(2));
    let drained = false;
    const draining = task.drain().then(() => (drained = true));
    await sleep(5);
    expect(drained).toBe(false);
    gate.resolve();
    await draining;
  });
});
