import type { Database } from "@flashdeal/runtime/database";
import { strategyNames } from "../config.ts";
import { onEachDatabase } from "./databases.ts";
import type { StrategyName } from "./harness.ts";

/** Declares the same tests for each strategy on each kind of database. */
export function onEachStrategy(name: string, declare: (open: () => Promise<Database>, strategyName: StrategyName) => void): void {
  for (const strategyName of strategyNames) onEachDatabase(`${name} by ${strategyName}`, (open) => declare(open, strategyName));
}
