import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{gateway,services,sql,infra,bench}/**/*.test.ts"],
    globalSetup: ["infra/test/global-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A second is short where other files have the processor.
    expect: { poll: { timeout: 15_000 } },
    pool: "forks",
    // On two cores the default is one file at a time, but many files wait for servers more than they compute.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
