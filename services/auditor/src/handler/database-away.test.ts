import { createClient, createRouterTransport } from "@connectrpc/connect";
import { AuditService } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import type { Database } from "@flashdeal/runtime/database";
import { reasonOf } from "@flashdeal/runtime/errors";
import { newId } from "@flashdeal/runtime/ids";
import { systemClock } from "@flashdeal/runtime/lifecycle";
import { Registry } from "@flashdeal/runtime/telemetry";
import { silentLog } from "@flashdeal/runtime/testing";
import { expect, it } from "vitest";
import { composeAuditor } from "../compose.ts";
import { loadAuditorConfig } from "../config.ts";

const away = async () => {
  throw Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:5432"), { code: "ECONNREFUSED" });
};
const connect = () => createRouterTransport(() => {});

it("while the database is away, every rpc says that it may be tried again", async () => {
  const database = { query: away, transaction: away } as unknown as Database;
  const { routes } = composeAuditor(loadAuditorConfig({}), { database, clock: systemClock, log: silentLog, metrics: new Registry(), connect });
  const audits = createClient(AuditService, createRouterTransport(({ service }) => routes.forEach((route) => void service(route.service, route.implementation))));
  const ids = { auditId: newId(), violationId: newId() };
  const calls = [audits.runAudit({}), audits.getAudit(ids), audits.listViolations(ids), audits.repairViolation(ids)];
  const reasons = await Promise.all(calls.map((call) => call.then(() => "answered", (error: unknown) => reasonOf(error))));
  expect(reasons).toEqual(["SERVICE_UNAVAILABLE", "SERVICE_UNAVAILABLE", "SERVICE_UNAVAILABLE", "SERVICE_UNAVAILABLE"]);
});
