import { describe, expect, it } from "vitest";
import { silentLog } from "../testing/index.ts";
import { describeEventBusPort, event } from "./event-bus-port.ts";
import { createLocalBus } from "./local-bus.ts";
import { subjectMatches } from "./subjects.ts";

// One bus is one server: where a test opens two, they are the same one.
let shared = createLocalBus({ log: silentLog });
describeEventBusPort("local", async () => {
  try {
    await shared.ping(100);
  } catch {
    shared = createLocalBus({ log: silentLog });
  }
  return shared;
});

describe("event bus (local) - durability", () => {
  it("publish resolves only after every subscriber has handled", async () => {
    const bus = createLocalBus({ log: silentLog });
    const done: string[] = [];
    for (const durable of ["a", "b"]) {
      await bus.subscribe({ durable, subjects: ["flashdeal.>"] }, async () => {
        await new Promise((resolve) => {
          setTimeout(resolve, 20);
        });
        done.push(durable);
      });
    }
    await bus.publish([event("x")]);
    expect(done.toSorted()).toEqual(["a", "b"]);
  });

  it("publish rejects what a drained durable should have had", async () => {
    const bus = createLocalBus({ log: silentLog });
    const subscription = await bus.subscribe({ durable: "a", subjects: ["flashdeal.order.>"] }, async () => {});
    await subscription.drain();
    await expect(bus.publish([event("x")])).rejects.toThrow("has been drained");
    await expect(bus.publish([{ ...event("x"), subject: "flashdeal.product.v1.Other" }])).resolves.toBeUndefined();
  });
});

describe("event bus - subjects", () => {
  it.each([
    ["a.b", "a.b", true],
    ["a.*", "a.b", true],
    ["a.*", "a.b.c", false],
    ["a.>", "a.b.c", true],
    ["a.>", "a", false],
    ["a.b", "a.b.c", false],
    ["a.b.c", "a.b", false],
    ["a.>", "a.*.c", true],
    ["a.*", "a.>", false],
    [">", "a", true],
  ])("%s covers %s: %s", (pattern, subject, covered) => {
    expect(subjectMatches(pattern, subject)).toBe(covered);
  });
});
