import { describe, expect, it } from "vitest";
import { createHashQueue } from "./hash-queue.ts";

const never = new AbortController().signal;

describe("hash queue", () => {
  it("bounds - runs so many at once, in order, and turns away beyond the queue", async () => {
    const queue = createHashQueue({ maxConcurrent: 2, maxQueued: 3 });
    const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
    const started: number[] = [];
    const runs = gates.map((gate, index) =>
      queue.run(async () => {
        started.push(index);
        await gate.promise;
        return index;
      }, never),
    );
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    expect(await queue.run(async () => 9, never)).toMatchObject({ kind: "overloaded" });
    gates[1]?.resolve();
    await runs[1];
    await Promise.resolve();
    expect(started).toEqual([0, 1, 2]);
    for (const gate of gates) gate.resolve();
    expect(await Promise.all(runs)).toEqual([0, 1, 2, 3, 4].map((value) => ({ kind: "done", value })));
    expect(await queue.run(async () => 9, never)).toEqual({ kind: "done", value: 9 });
  });

  it("cancel - a call that waits leaves the queue, and its place is free", async () => {
    const queue = createHashQueue({ maxConcurrent: 1, maxQueued: 1 });
    const gate = Promise.withResolvers<void>();
    const first = queue.run(() => gate.promise, never);
    const controller = new AbortController();
    const second = queue.run(async () => "second", controller.signal);
    controller.abort(new Error("gone"));
    await expect(second).rejects.toThrow("gone");
    const third = queue.run(async () => "third", never);
    gate.resolve();
    await first;
    expect(await third).toEqual({ kind: "done", value: "third" });
    await expect(queue.run(async () => "never", controller.signal)).rejects.toThrow("gone");
  });

  it("failure - a hash that throws gives its place back", async () => {
    const queue = createHashQueue({ maxConcurrent: 1, maxQueued: 0 });
    await expect(queue.run(() => Promise.reject(new Error("out of memory")), never)).rejects.toThrow("out of memory");
    expect(await queue.run(async () => 1, never)).toEqual({ kind: "done", value: 1 });
  });
});
