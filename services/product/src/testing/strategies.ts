import type { Database } from "@flashdeal/runtime/database";
import { describeEachDatabase, describeWithPostgres, describeWithRedis } from "@flashdeal/runtime/testing";
import { strategyNames } from "../config.ts";
import type { StrategyName } from "./harness.ts";

/** A strategy, and the Redis servers that it needs. */
export interface TestStrategy {
  readonly name: StrategyName;
  readonly redisUrls: readonly string[];
}

/** Callers of a test at once: more than usual, since waiting for a connection is not what is tested. */
const maxConnections = 20;

/** Declares the same tests for each strategy: on each kind of database, and with Redis on Postgres, which is what somebody who has Redis has. */
export function onEachStrategy(name: string, declare: (open: () => Promise<Database>, strategy: TestStrategy) => void): void {
  for (const strategyName of strategyNames) {
    const title = `${name} by ${strategyName}`;
    if (!strategyName.startsWith("red")) {
      describeEachDatabase(title, (open) => declare(open, { name: strategyName, redisUrls: [] }));
      continue;
    }
    describeWithRedis(title, (url) => {
      // Databases of one server know nothing of each other's keys. That servers fail apart is tested with several of them.
      const redisUrls = (strategyName === "redlock" ? [1, 2, 3] : [1]).map((database) => `${url}/${database}`);
      describeWithPostgres("on Postgres", ({ open }) => declare(async () => open(maxConnections), { name: strategyName, redisUrls }));
    });
  }
}
