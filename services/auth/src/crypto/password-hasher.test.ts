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
    const median = async (passwordHash: string | undefined): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < 15; round += 1) {
        const start = performance.now();
        await costly.matches(passwordHash, "wrong password");
        times.push(performance.now() - start);
      }
      return times.toSorted((a, b) => a - b)[7] ?? Number.NaN;
    };
    await costly.matches(undefined, "warm-up");
    const [known, unknown] = [await median(hash), await median(undefined)];
    expect(unknown / known).toBeGreaterThan(0.5);
    expect(unknown / known).toBeLessThan(2);
  });
});
