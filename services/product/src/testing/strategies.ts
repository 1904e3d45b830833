import type { Database } from "@flashdeal/runtime/database";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { strategyNames } from "../config.ts";
import type { StrategyName } from "./harness.ts";

/** Declares the same tests for each strategy on each kind of database. */
export function onEachStrategy(name: string, declare: (open: () => Promise<Database>, strategyName: StrategyName) => void): void {
  for (const strategyName of strategyNames) describeEachDatabase(`${name} by ${strategyName}`, (open) => declare(open, strategyName));
}
