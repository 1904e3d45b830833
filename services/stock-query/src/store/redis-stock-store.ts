import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { ReplyError, type Redis } from "ioredis";
import { StoreUnavailableError, type StockStore } from "../domain/ports.ts";
import type { StockKey, StockState } from "../domain/stock-state.ts";

/** The fields of a hash, in the order in which the script takes them; see infra/redis/README.md. */
const fields = ["on_hand", "reserved", "version", "change_time_ms"] as const;

/** The script that writes newer versions. Shared with the implementations in other languages. */
const script = readFileSync(new URL("../../../../infra/redis/apply-stock.lua", import.meta.url), "utf8");
const scriptSha = createHash("sha1").update(script).digest("hex");

/** The hash of a key. The braces keep all centres of an item in one slot of a cluster. */
export function redisKey(key: StockKey): string {
  return `stock:{${key.vendorItemId}}:${key.fulfillmentCenterId}`;
}

/** The read model in Redis, one hash per key. The caller connects and disconnects `redis`. */
export function createRedisStockStore(redis: Redis): StockStore {
  return {
    async get(key) {
      return toState(key, await reached(redis.hmget(redisKey(key), ...fields)));
    },
    async getMany(keys) {
      const pipeline = redis.pipeline();
      for (const key of keys) pipeline.hmget(redisKey(key), ...fields);
      const replies = (await reached(pipeline.exec())) ?? [];
      return keys.map((key, index) => {
        const [error, values] = replies[index] ?? [new Error("the pipeline was cut short")];
        if (error !== null && error !== undefined) throw unavailable(error);
        return toState(key, values as (string | null)[]);
      });
    },
    async apply(states) {
      if (states.length === 0) return 0;
      const keys = states.map(redisKey);
      const values = states.flatMap((state) => [state.onHand, state.reserved, state.version, BigInt(state.changeTime.getTime())].map(String));
      return Number(await reached(runScript(redis, keys, values)));
    },
    async clear() {
      for await (const keys of redis.scanStream({ match: "stock:{*", count: 1_000 }) as AsyncIterable<string[]>) {
        if (keys.length > 0) await reached(redis.unlink(...keys));
      }
    },
  };
}

async function runScript(redis: Redis, keys: readonly string[], values: readonly string[]): Promise<unknown> {
  try {
    return await redis.evalsha(scriptSha, keys.length, ...keys, ...values);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
    return redis.eval(script, keys.length, ...keys, ...values);
  }
}

function toState(key: StockKey, [onHand, reserved, version, changeTimeMs]: readonly (string | null)[]): StockState | undefined {
  if (!onHand || !reserved || !version || !changeTimeMs) return undefined;
  return {
    vendorItemId: key.vendorItemId,
    fulfillmentCenterId: key.fulfillmentCenterId,
    onHand: BigInt(onHand),
    reserved: BigInt(reserved),
    version: BigInt(version),
    changeTime: new Date(Number(changeTimeMs)),
  };
}

async function reached<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw unavailable(error);
  }
}

/** Anything but an answer of Redis means that there was none. */
function unavailable(error: unknown): unknown {
  return error instanceof ReplyError ? error : new StoreUnavailableError("the read model's Redis is away", { cause: error });
}
