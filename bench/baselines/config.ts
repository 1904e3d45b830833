import { integer, loadConfig, optional, port, url } from "@flashdeal/runtime/config";

/** The settings of a baseline. */
export function loadBaselineConfig() {
  const shape = {
    port: port("PORT"),
    databaseUrl: url("DATABASE_URL", { protocols: ["postgres", "postgresql"], secret: true }),
    poolSize: integer("DATABASE_POOL_SIZE", { default: 32, min: 1, max: 1_000 }),
    redisUrl: optional(url("REDIS_URL", { protocols: ["redis", "rediss"], secret: true })),
  };
  return loadConfig(shape, process.env);
}
