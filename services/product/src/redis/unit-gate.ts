import type { Redis } from "ioredis";
import type { StockCounts } from "../domain/stock.ts";
import { loadScript } from "./scripts.ts";

/** A hold that asks to be let through. */
export interface GateEntry {
  readonly reservationId: string;
  /** Units per key of stock (`stockKeyText`), each key once. */
  readonly units: ReadonlyMap<string, bigint>;
}

/** `granted`: go on. `short`: others seem to have the units. `unknown`: the gate never heard of one of the keys; tell it, and ask again. */
export type GateReply = "granted" | "short" | "unknown";

/** A key's counts at one of its versions. */
export interface GateState extends StockCounts {
  readonly key: string;
  readonly version: bigint;
}

/** Units in Redis, counted down before the database is asked. */
export interface UnitGate {
  /** One reply per entry in the same order. */
  grant(entries: readonly GateEntry[], now: Date): Promise<readonly GateReply[]>;
  /** Tells newer counts, and ends grants: their units are in these counts, or were refused and come back. */
  settle(states: readonly GateState[], reservationIds: readonly string[]): Promise<void>;
  /** The oldest grants that were never ended, from before `before`: whoever asked for them died. */
  listForgotten(before: Date, maxGrants: number): Promise<readonly { readonly reservationId: string; readonly keys: readonly string[] }[]>;
  close(): void;
}

const grantScript = loadScript("grant-units");
const settleScript = loadScript("settle-grants");

/** Exact in a script's numbers; more units than this are as good as this many. */
const maxUnits = 2n ** 53n - 1n;

/** The gate on one Redis. Its counts say who may ask the database; they never say what is sold. */
export function createUnitGate(redis: Redis, prefix: string): UnitGate {
  return {
    async grant(entries, now) {
      const holds = entries.map(({ reservationId, units }) => [reservationId, [...units].map(([key, quantity]) => [key, text(quantity)])]);
      return (await grantScript.run(redis, [prefix], [String(now.getTime()), JSON.stringify(holds)])) as readonly GateReply[];
    },
    async settle(states, reservationIds) {
      if (states.length === 0 && reservationIds.length === 0) return;
      const counts = states.map(({ key, onHand, reserved, version }) => [key, text(onHand - reserved), String(version)]);
      await settleScript.run(redis, [prefix], [JSON.stringify(counts), JSON.stringify(reservationIds)]);
    },
    async listForgotten(before, maxGrants) {
      const ids = await redis.zrangebyscore(`${prefix}grants`, "-inf", before.getTime(), "LIMIT", 0, maxGrants);
      if (ids.length === 0) return [];
      const lines = await redis.mget(ids.map((id) => `${prefix}grant:${id}`));
      return ids.map((reservationId, index) => ({ reservationId, keys: keysOf(lines[index]) }));
    },
    close: () => redis.disconnect(),
  };
}

function text(units: bigint): string {
  return String(units < maxUnits ? units : maxUnits);
}

function keysOf(lines: string | null | undefined): string[] {
  return ((JSON.parse(lines ?? "[]") as [string, string][]) ?? []).map(([key]) => key);
}
