/** Group commit: concurrent work in batches, each item with its own outcome. */
export { createGroupCommit, type GroupCommit, type GroupCommitOptions, type Settled, type Turn } from "./group-commit.ts";
export { outcomeOf, outcomesOf, rethrow, type BatchLimits } from "./outcomes.ts";
export { createBatchRate, type BatchRate } from "./batch-rate.ts";
export { settledError } from "./settled-error.ts";
export { createBatchMetrics, noBatchMetrics, type BatchMetrics } from "./metrics.ts";
