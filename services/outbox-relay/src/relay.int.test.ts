import { randomUUID } from "node:crypto";
import { createPgDatabase } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { afterAll, beforeAll, describe } from "vitest";
import { testRelay } from "./testing/relay-port.ts";
import { testRelayWithSessions } from "./testing/relay-postgres.ts";

const log = createLogger({ name: "test", level: "silent" });
const serverUrl = process.env["TEST_POSTGRES_URL"] ?? "";

describe.skipIf(serverUrl === "")("with TEST_POSTGRES_URL", () => {
  const server = createPgDatabase({ url: serverUrl || "postgres://127.0.0.1", log, maxConnections: 1 });
  const name = `relay_test_${randomUUID().replaceAll("-", "")}`;
  const connect = async () => createPgDatabase({ url: Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href, log });

  beforeAll(() => server.script(`CREATE DATABASE ${name}`));
  afterAll(async () => {
    await server.script(`DROP DATABASE ${name} WITH (FORCE)`);
    await server.close();
  });

  testRelay("Postgres", async () => {
    const database = await connect();
    return { database, close: () => database.close() };
  });
  testRelayWithSessions("Postgres", connect);
});
