import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { testRelay } from "./testing/relay-port.ts";
import { testRelayWithSessions } from "./testing/relay-postgres.ts";

describeEachDatabase("outbox relay", (open, kind) => {
  testRelay(open);
  if (kind === "Postgres") testRelayWithSessions(open);
});
