/** Private real servers for tests, benchmarks and the local stack. */
export { providePostgres, startPostgres } from "./postgres.ts";
export { provideRedis, startRedis, startRedisNodes } from "./redis.ts";
export { provideNats, startNats, startNatsBinary } from "./nats.ts";
export { freePort } from "./free-port.ts";
export { startPrivateServer, type ServerKind } from "./private-server.ts";
export type { RunningServer, ServerOptions, Skipped } from "./running-server.ts";
