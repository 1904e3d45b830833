/** What tests need of real servers: private databases, and suites that are skipped with a reason where there is none; and of the processor. */
export { cpuMsOf } from "./cpu-time.ts";
export { type TestPostgres, describeWithNats, describeWithPostgres, describeWithRedis, silentLog } from "./describe-with.ts";
export { type TestDatabase, describeEachDatabase, openPglite } from "./each-database.ts";
export { type ProvidedServer, type ServerName, askForServer } from "./servers.ts";
