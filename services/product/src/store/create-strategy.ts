import type { Adapters } from "@flashdeal/runtime/lifecycle";
import type { BatchLimits } from "@flashdeal/runtime/group-commit";
import type { ProductConfig } from "../config.ts";
import type { ReservationStrategy } from "../domain/ports.ts";
import { connectRedis } from "../redis/connect.ts";
import { createLocks } from "../redis/locks.ts";
import { createUnitGate } from "../redis/unit-gate.ts";
import { createConditionalUpdateStrategy } from "./conditional-update-strategy.ts";
import { createGroupCommitStrategy } from "./group-commit-strategy.ts";
import { createLockStrategy } from "./lock-strategy.ts";
import { createRedisLuaStrategy } from "./redis-lua-strategy.ts";
import { createRepeatWatch } from "./repeat-watch.ts";
import { createRowLockStrategy } from "./row-lock-strategy.ts";
import { withAdmission } from "./with-admission.ts";

/** The settings that say how holds are taken. */
export type StrategyConfig = Pick<ProductConfig, "reservationStrategy" | "strategyRedisUrls" | "strategyRedisTimeoutMs" | "lockTtlMs" | "lockTimeoutMs">;

/** Every strategy by its name in the configuration. */
export function createStrategy(config: StrategyConfig, adapters: Pick<Adapters, "database" | "clock" | "log">, limits: BatchLimits): ReservationStrategy {
  const { log } = adapters;
  switch (config.reservationStrategy) {
    case "group-commit":
      return createGroupCommitStrategy({ ...adapters, limits, repeats: createRepeatWatch() });
    case "row-lock":
      return withAdmission(createRowLockStrategy(adapters), limits.maxQueued);
    case "conditional-update":
      return withAdmission(createConditionalUpdateStrategy(adapters), limits.maxQueued);
    case "redis-lock":
    case "redlock":
      return withAdmission(createUnderLocks(config, adapters), limits.maxQueued);
    case "redis-lua": {
      const gate = createUnitGate(connectRedis(config.strategyRedisUrls[0] ?? "", config.strategyRedisTimeoutMs, log), "flashdeal:gate:");
      return createRedisLuaStrategy({ ...adapters, limits, gate, repeats: createRepeatWatch() });
    }
  }
}

function createUnderLocks(config: StrategyConfig, adapters: Pick<Adapters, "database" | "clock" | "log">): ReservationStrategy {
  const { reservationStrategy: name, strategyRedisUrls, strategyRedisTimeoutMs, lockTtlMs: ttlMs, lockTimeoutMs: timeoutMs } = config;
  const nodes = strategyRedisUrls.map((url) => connectRedis(url, strategyRedisTimeoutMs, adapters.log));
  const locks = createLocks({ nodes, prefix: "flashdeal:lock:", ttlMs, timeoutMs });
  return createLockStrategy({ ...adapters, name, locks, fenced: name === "redlock", close: () => nodes.forEach((node) => node.disconnect()) });
}
