import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{gateway,services,sql,infra,bench}/**/*.test.ts"],
    globalSetup: ["infra/test/global-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
  },
});
