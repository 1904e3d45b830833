import { describeWithRedis } from "@flashdeal/runtime/testing";
import { Redis } from "ioredis";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createUnitGate, type GateEntry, type UnitGate } from "./unit-gate.ts";

const hold = (...units: readonly (readonly [string, bigint])[]): GateEntry => ({ reservationId: uuidv7(), units: new Map(units) });

describeWithRedis("a gate that counts units", (url) => {
  const now = new Date();
  const prefix = `gate-test-${uuidv7()}:`;
  let redis: Redis;
  let gate: UnitGate;
  beforeAll(() => {
    redis = new Redis(url, { lazyConnect: true });
    gate = createUnitGate(redis, prefix);
  });
  afterAll(() => gate.close());

  const counts = async (key: string) => redis.hmget(`${prefix}stock:${key}`, "available", "version", "pending");
  const key = async (units: bigint): Promise<string> => {
    const made = `item-${uuidv7()}/fc`;
    await gate.settle([{ key: made, onHand: units, reserved: 0n, version: 1n }], []);
    return made;
  };

  it("grants all lines of a hold or none, and a hold once", async () => {
    const [a, b] = [await key(2n), await key(1n)];
    const both = hold([a, 1n], [b, 1n]);
    expect(await gate.grant([both, hold([a, 1n], [b, 1n]), both, hold([a, 1n])], now)).toEqual(["granted", "short", "granted", "granted"]);
    expect([await counts(a), await counts(b)]).toEqual([["2", "1", "2"], ["1", "1", "1"]]);
    expect(await gate.grant([hold(["item-unheard-of/fc", 1n])], now)).toEqual(["unknown"]);
  });

  it("a refused hold gives back what it took and nothing else: what others were granted meanwhile stays", async () => {
    const item = await key(10n);
    const [refused, others] = [hold([item, 3n]), hold([item, 4n])];
    await gate.grant([refused, others], now);
    await gate.settle([], [refused.reservationId]);
    expect(await counts(item)).toEqual(["10", "1", "4"]);
    await gate.settle([], [refused.reservationId]);
    expect(await counts(item)).toEqual(["10", "1", "4"]);
    expect(await gate.grant([hold([item, 7n]), hold([item, 6n])], now)).toEqual(["short", "granted"]);
  });

  it("counts are replaced by newer ones only, and what is pending is not touched by them", async () => {
    const item = await key(10n);
    const granted = hold([item, 2n]);
    await gate.grant([granted], now);
    await gate.settle([{ key: item, onHand: 10n, reserved: 3n, version: 3n }], []);
    await gate.settle([{ key: item, onHand: 10n, reserved: 0n, version: 2n }], []);
    expect(await counts(item)).toEqual(["7", "3", "2"]);
    await gate.settle([{ key: item, onHand: 10n, reserved: 5n, version: 4n }], [granted.reservationId]);
    expect(await counts(item)).toEqual(["5", "4", "0"]);
  });
});
