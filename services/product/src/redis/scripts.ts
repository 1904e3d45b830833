import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";

/** A script that Redis runs as one step. */
export interface Script {
  run(redis: Redis, keys: readonly string[], values: readonly string[]): Promise<unknown>;
}

/** A script of infra/redis, which every implementation shares. It is sent whole only where a server does not know it yet. */
export function loadScript(name: string): Script {
  const text = readFileSync(new URL(`../../../../infra/redis/${name}.lua`, import.meta.url), "utf8");
  const sha = createHash("sha1").update(text).digest("hex");
  return {
    async run(redis, keys, values) {
      try {
        return await redis.evalsha(sha, keys.length, ...keys, ...values);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
        return redis.eval(text, keys.length, ...keys, ...values);
      }
    },
  };
}
