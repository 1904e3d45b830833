import { describe, expect, it } from "vitest";
import { currentKey, endedKeys, nextKey, publishedKeys, type ScheduledKey } from "./signing-keys.ts";

const policy = { rotateAfterMs: 1_000, publishAheadMs: 100, verifyAfterMs: 50 };
const at = (ms: number): Date => new Date(1_700_000_000_000 + ms);
const key = (generation: number, activateMs: number): ScheduledKey => ({ keyId: `k${generation}`, generation, activateTime: at(activateMs) });
const ids = (keys: readonly ScheduledKey[]): string[] => keys.map(({ keyId }) => keyId);

describe("signing keys", () => {
  it("schedule - the first key signs at once", () => {
    expect(nextKey([], at(0), policy)).toEqual({ generation: 1, activateTime: at(0) });
  });

  it("schedule - the next key is made ahead of its time, once", () => {
    expect(nextKey([key(1, 0)], at(899), policy)).toBeUndefined();
    expect(nextKey([key(1, 0)], at(900), policy)).toEqual({ generation: 2, activateTime: at(1_000) });
    expect(nextKey([key(1, 0), key(2, 1_000)], at(950), policy)).toBeUndefined();
  });

  it("schedule - a process that slept for long still publishes ahead", () => {
    expect(nextKey([key(1, 0)], at(50_000), policy)).toEqual({ generation: 2, activateTime: at(50_100) });
  });

  it("current - the old key signs until the new one is active", () => {
    const keys = [key(2, 1_000), key(1, 0)];
    expect(currentKey(keys, at(999))?.keyId).toBe("k1");
    expect(currentKey(keys, at(1_000))?.keyId).toBe("k2");
    expect(currentKey([], at(0))).toBeUndefined();
  });

  it("current - where the first key lies ahead of this clock, it signs all the same", () => {
    expect(currentKey([key(1, 10)], at(0))?.keyId).toBe("k1");
  });

  it("current - a key that was made by hand outdoes one that is only announced", () => {
    const keys = [key(1, 0), key(2, 1_000), key(3, 950)];
    expect(currentKey(keys, at(950))?.keyId).toBe("k3");
    expect(currentKey(keys, at(1_001))?.keyId).toBe("k3");
  });

  it("published - the current one first, then the announced one, then those that still verify", () => {
    const keys = [key(1, 0), key(2, 1_000), key(3, 2_000)];
    expect(ids(publishedKeys(keys, at(1_049), policy))).toEqual(["k2", "k3", "k1"]);
    expect(ids(publishedKeys(keys, at(1_050), policy))).toEqual(["k2", "k3"]);
    expect(ids(endedKeys(keys, at(1_049), policy))).toEqual([]);
    expect(ids(endedKeys(keys, at(1_050), policy))).toEqual(["k1"]);
  });

  it("ended - the newest key never ends", () => {
    expect(endedKeys([key(1, 0)], at(1e12), policy)).toEqual([]);
  });
});
