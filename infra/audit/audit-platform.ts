import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** What to audit, as whom. */
export interface AuditOptions {
  readonly url: string;
  readonly adminEmail: string;
  readonly adminPassword: string;
  /** Empty: everything. */
  readonly vendorItemId: string;
  readonly repair: boolean;
}

/** One thing that is not as it must be. `refusal`: why it was not repaired; empty where nobody tried. */
export interface ReportedViolation {
  readonly violationId: string;
  readonly kind: string;
  readonly state: "OPEN" | "REPAIRED";
  readonly subject: string;
  readonly expected: string;
  readonly actual: string;
  readonly repairable: boolean;
  readonly refusal: string;
}

/** What an audit came to. */
export interface AuditReport {
  readonly auditId: string;
  readonly checked: number;
  readonly violations: readonly ReportedViolation[];
}

type Json = Readonly<Record<string, unknown>>;

const pollMs = 250;
const requestTimeoutMs = 60_000;
const pageSize = 1_000;

/** Runs an audit through the gateway and waits for its end. Throws where the platform does not answer or the audit ends early. */
export async function auditPlatform(options: AuditOptions, progress: (line: string) => void): Promise<AuditReport> {
  const token = await logIn(options);
  const call = (method: "GET" | "POST", path: string, body?: Json) => send(options.url, method, path, body, token);
  let audit = await expectOk(call("POST", "/v1/audits", { vendorItemId: options.vendorItemId }));
  const auditId = String(audit["auditId"]);
  while (audit["state"] === "AUDIT_STATE_RUNNING") {
    progress(`${String(audit["checkedCount"])} checked …`);
    await sleep(pollMs);
    audit = await expectOk(call("GET", `/v1/audits/${auditId}`));
  }
  if (audit["state"] === "AUDIT_STATE_ABORTED") throw new Error(`The audit ended early: ${String(audit["error"])}`);
  const violations: ReportedViolation[] = [];
  for (let pageToken = "", more = true; more; more = pageToken !== "") {
    const page = await expectOk(call("GET", `/v1/audits/${auditId}/violations?pageSize=${pageSize}&pageToken=${encodeURIComponent(pageToken)}`));
    for (const violation of (page["violations"] as Json[] | undefined) ?? []) violations.push(reported(violation, ""));
    pageToken = String(page["nextPageToken"] ?? "");
  }
  if (!options.repair) return { auditId, checked: Number(audit["checkedCount"]), violations };
  const repaired: ReportedViolation[] = [];
  for (const violation of violations) {
    progress(`repairing ${violation.subject} …`);
    const answer = await call("POST", `/v1/audits/${auditId}/violations/${violation.violationId}:repair`, {});
    repaired.push(answer.ok ? { ...violation, state: "REPAIRED" } : { ...violation, refusal: String(answer.body["detail"]) });
  }
  return { auditId, checked: Number(audit["checkedCount"]), violations: repaired };
}

function reported(violation: Json, refusal: string): ReportedViolation {
  const text = (name: string): string => String(violation[name] ?? "");
  const kind = text("kind").replace("VIOLATION_KIND_", "");
  return { violationId: text("violationId"), kind, state: "OPEN", subject: text("subject"), expected: text("expected"), actual: text("actual"), repairable: violation["repairable"] === true, refusal };
}

async function logIn({ url, adminEmail: email, adminPassword: password }: AuditOptions): Promise<string> {
  const answer = await send(url, "POST", "/v1/auth/login", { email, password }).catch((cause: unknown) => {
    throw new Error(`No platform answers at ${url}. Start one with npm start, or name it with --url.`, { cause });
  });
  if (!answer.ok) throw new Error(`${email} cannot log in: ${String(answer.body["detail"])} Name an admin with --admin-email and --admin-password.`);
  return String(answer.body["accessToken"]);
}

interface Answer {
  readonly ok: boolean;
  readonly body: Json;
}

async function expectOk(answer: Promise<Answer>): Promise<Json> {
  const { ok, body } = await answer;
  if (!ok) throw new Error(`The platform refuses the audit: ${String(body["detail"] ?? body["title"])}`);
  return body;
}

async function send(url: string, method: "GET" | "POST", path: string, body?: Json, token?: string): Promise<Answer> {
  const answer = await fetch(new URL(path, url), {
    method,
    signal: AbortSignal.timeout(requestTimeoutMs),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}`, "idempotency-key": randomUUID() }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { ok: answer.ok, body: (await answer.json()) as Json };
}
