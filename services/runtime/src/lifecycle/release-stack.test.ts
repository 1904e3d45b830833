import { describe, expect, test } from "vitest";
import { createReleaseStack, withReleaseStack } from "./release-stack.ts";

describe("release stack", () => {
  test("releases - run last in, first out, awaited, and once", async () => {
    const order: string[] = [];
    const stack = createReleaseStack(1_000);
    stack.push("a", () => void order.push("a"));
    stack.push("b", async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push("b");
    });
    expect(await Promise.all([stack.release(), stack.release()])).toEqual([[], []]);
    expect(order).toEqual(["b", "a"]);
    expect(() => stack.push("c", () => {})).toThrow(/after the release/);
  });

  test("errors - are collected and do not stop the rest", async () => {
    const stack = createReleaseStack(1_000);
    let ran = false;
    stack.push("good", () => void (ran = true));
    stack.push("bad", () => Promise.reject(new Error("x")));
    expect((await stack.release()).map(({ message }) => message)).toEqual(["bad did not stop cleanly"]);
    expect(ran).toBe(true);
  });

  test("the deadline - is one for all", async () => {
    const stack = createReleaseStack(50);
    let ran = false;
    stack.push("last", () => void (ran = true));
    stack.push("stuck", () => new Promise(() => {}));
    const startMs = performance.now();
    expect((await stack.release()).map(({ message }) => message)).toEqual(["stuck did not stop within 50 ms"]);
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect(ran).toBe(true);
  });

  test("a construction that fails half-way - gives back what it had", async () => {
    const released: string[] = [];
    const build = withReleaseStack(1_000, async (stack) => {
      stack.push("a", () => void released.push("a"));
      throw new Error("half-way");
    });
    await expect(build).rejects.toThrow("half-way");
    expect(released).toEqual(["a"]);
  });
});
