import { createPgliteDatabase } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { testRelay } from "./testing/relay-port.ts";

testRelay("PGlite", async () => {
  const database = await createPgliteDatabase({ folder: undefined, log: createLogger({ name: "test", level: "silent" }) });
  return { database, close: () => database.close() };
});
