import { cpuMsOf } from "@flashdeal/runtime/testing";
import { describe, expect, it } from "vitest";
import { createPasswordHasher } from "./password-hasher.ts";

const hasher = createPasswordHasher({ memoryKib: 64, iterations: 1, parallelism: 1 });

describe("password hasher", () => {
  it("hash - argon2id with the parameters, salted", async () => {
    const [one, two] = await Promise.all([hasher.hash("password"), hasher.hash("password")]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
    expect(one).not.toBe(two);
    expect(await hasher.matches(one, "password")).toBe(true);
    expect(await hasher.matches(one, "Password")).toBe(false);
  });

  it("hash - without one nothing matches", async () => {
    expect(await hasher.matches(undefined, "password")).toBe(false);
    expect(await hasher.matches(undefined, "")).toBe(false);
  });

  it("hash - other parameters make it outdated", async () => {
    const stronger = createPasswordHasher({ memoryKib: 128, iterations: 1, parallelism: 1 });
    const hash = await hasher.hash("password");
    expect([hasher.isOutdated(hash), stronger.isOutdated(hash)]).toEqual([false, true]);
    expect(await stronger.matches(hash, "password")).toBe(true);
  });

  it("time - an unknown account costs what a wrong password costs", async () => {
    const costly = createPasswordHasher({ memoryKib: 8_192, iterations: 3, parallelism: 1 });
    const hash = await costly.hash("password");
    await costly.matches(undefined, "warm-up");
    let known = 0;
    let unknown = 0;
    for (let round = 0; round < 15; round++) {
      known += await cpuMsOf(() => costly.matches(hash, "wrong password"));
      unknown += await cpuMsOf(() => costly.matches(undefined, "wrong password"));
    }
    expect(unknown / known).toBeGreaterThan(0.5);
    expect(unknown / known).toBeLessThan(2);
  });
});
