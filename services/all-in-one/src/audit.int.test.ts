import type { Database } from "@flashdeal/runtime/database";
import { describeWithPostgres } from "@flashdeal/runtime/testing";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { demoAdmin } from "./config.ts";
import { runAllInOne, type RunningAllInOne } from "./testing/run-all-in-one.ts";

interface Audit {
  readonly auditId: string;
  readonly state: string;
  readonly checkedCount: string;
  readonly violationCount: string;
}

interface Violation {
  readonly violationId: string;
  readonly kind: string;
  readonly subject: string;
  readonly repairable: boolean;
  readonly state: string;
}

const kindOf = ({ kind }: Violation): string => kind.replace("VIOLATION_KIND_", "");

// Drift is put into the database behind the services' backs, which only Postgres lets a second process do.
describeWithPostgres("audit of a whole platform", (postgres) => {
  let platform: RunningAllInOne;
  let database: Database;
  let rest: string;
  let admin: string;
  let buyer: string;

  const call = async (method: string, path: string, body?: unknown, token = admin, key: string = randomUUID()): Promise<{ readonly status: number; readonly body: never }> => {
    const answer = await fetch(`${rest}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "idempotency-key": key, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as never };
  };
  const logIn = async (email: string, password: string): Promise<string> =>
    ((await call("POST", "/v1/auth/login", { email, password }, "")).body as { accessToken: string }).accessToken;
  const sql = (text: string, values: readonly unknown[] = []) => database.query({ name: "", text }, values);

  beforeAll(async () => {
    platform = runAllInOne({
      DATABASE_URL: postgres.url,
      DATA_FOLDER: "/tmp/unused",
      KEY_ENCRYPTION_SECRET: "k".repeat(32),
      AUDIT_INTERVAL: "0",
      AUDIT_FRESHNESS: "1500ms",
      AUDIT_HOLD_GRACE: "0s",
      // Nobody else mends what the audit is to find.
      PRODUCT_SWEEP_INTERVAL: "1h",
      // What was read before is not remembered over a read of another key.
      NEAR_CACHE_MAX_ENTRIES: "1",
    });
    await platform.ready();
    rest = /REST +(\S+)/.exec(platform.output())?.[1] ?? "";
    database = postgres.open();
    admin = await logIn(demoAdmin.email, demoAdmin.password);
    await call("POST", "/v1/auth/signup", { email: "buyer@flashdeal.example", password: "correct-horse" }, "");
    buyer = await logIn("buyer@flashdeal.example", "correct-horse");
  }, 90_000);
  afterAll(async () => {
    await platform?.stop();
  });

  /** A new item of 100 units with an open deal. */
  async function newItem(): Promise<{ readonly vendorItemId: string; readonly dealId: string; readonly order: (pay?: boolean, quantity?: string) => Promise<{ orderId: string; reservationId: string }> }> {
    const vendorItemId = `item-${randomUUID()}`;
    const { productId } = (await call("POST", "/v1/products", { vendorItemId, name: "Shoes", price: { currencyCode: "USD", units: "10" } })).body as { productId: string };
    await call("POST", `/v1/stocks/${vendorItemId}/ICN1:receive`, { quantity: "100" });
    const deal = { productId, fulfillmentCenterId: "ICN1", dealPrice: { currencyCode: "USD", units: "9" }, endTime: "2099-01-01T00:00:00Z" };
    const { dealId } = (await call("POST", "/v1/deals", deal)).body as { dealId: string };
    return {
      vendorItemId,
      dealId,
      async order(pay = false, quantity = "2") {
        const order = (await call("POST", "/v1/orders", { lines: [{ dealId, quantity }] }, buyer)).body as { orderId: string; reservationId: string };
        if (pay) await call("POST", `/v1/orders/${order.orderId}:pay`, { paymentToken: "sandbox-ok" }, buyer);
        return order;
      },
    };
  }

  async function audit(vendorItemId = ""): Promise<{ readonly audit: Audit; readonly violations: readonly Violation[] }> {
    let found = (await call("POST", "/v1/audits", { vendorItemId })).body as Audit;
    expect(found.state).toBe("AUDIT_STATE_RUNNING");
    for (const deadline = Date.now() + 30_000; found.state === "AUDIT_STATE_RUNNING" && Date.now() < deadline; await sleep(50)) {
      found = (await call("GET", `/v1/audits/${found.auditId}`)).body as Audit;
    }
    const { violations = [] } = (await call("GET", `/v1/audits/${found.auditId}/violations`)).body as { violations?: readonly Violation[] };
    expect(String(violations.length)).toBe(found.violationCount);
    return { audit: found, violations };
  }

  const repair = (auditId: string, { violationId }: Violation) => call("POST", `/v1/audits/${auditId}/violations/${violationId}:repair`, {});

  /** Changes a key's counts behind the services' backs, in the read model too, so that only the books tell. */
  async function drift(vendorItemId: string, change: string): Promise<void> {
    await settled(vendorItemId);
    for (const table of ["product.stocks", "stock.stocks"]) await sql(`UPDATE ${table} SET ${change} WHERE vendor_item_id = $1`, [vendorItemId]);
    await forgetReads();
  }

  const forgetReads = () => call("GET", `/v1/stocks/${randomUUID()}/ICN1`);

  /** Waits until all events about an item have arrived. */
  async function settled(vendorItemId: string): Promise<void> {
    const versions = async () =>
      (await sql("SELECT p.version, r.version FROM product.stocks p LEFT JOIN stock.stocks r USING (vendor_item_id) WHERE p.vendor_item_id = $1", [vendorItemId])).rows[0];
    await expect.poll(async () => ((pair) => pair?.[0] === pair?.[1])(await versions()), { timeout: 10_000 }).toBe(true);
  }

  /** The one violation of an item, after it was repaired, and whether a second audit finds nothing. */
  async function repaired(vendorItemId: string, kind: string): Promise<void> {
    const first = await audit(vendorItemId);
    expect([first.audit.state, first.violations.map((violation) => [kindOf(violation), violation.repairable])]).toEqual(["AUDIT_STATE_FAILED", [[kind, true]]]);
    const [violation] = first.violations;
    if (violation === undefined) return;
    for (let time = 0; time < 2; time++) {
      expect(await repair(first.audit.auditId, violation)).toMatchObject({ status: 200, body: { state: "VIOLATION_STATE_REPAIRED" } });
    }
    expect((await audit(vendorItemId)).audit.state).toBe("AUDIT_STATE_PASSED");
  }

  async function stock(vendorItemId: string): Promise<{ onHand: string; reserved: string }> {
    const { rows } = await sql("SELECT on_hand, reserved FROM product.stocks WHERE vendor_item_id = $1", [vendorItemId]);
    return { onHand: String(rows[0]?.[0]), reserved: String(rows[0]?.[1]) };
  }
  const movements = async (vendorItemId: string): Promise<unknown[][]> =>
    (await sql("SELECT on_hand_delta, reserved_delta, actor FROM product.stock_movements WHERE vendor_item_id = $1 AND reason LIKE 'audit %' ORDER BY position", [vendorItemId])).rows.map((row) => row.map(String));

  it("a sale that runs meanwhile is no violation", async () => {
    const { vendorItemId, order } = await newItem();
    const sale = Promise.all(Array.from({ length: 60 }, (_, index) => order(index % 2 === 0, "1")));
    const during = await audit();
    await sale;
    expect(during.violations).toEqual([]);
    expect((await audit(vendorItemId)).audit.state).toBe("AUDIT_STATE_PASSED");
  }, 60_000);

  it("units that the ledger does not know are found and taken off", async () => {
    const { vendorItemId } = await newItem();
    await drift(vendorItemId, "on_hand = on_hand + 5");
    await repaired(vendorItemId, "LEDGER_MISMATCH");
    expect(await stock(vendorItemId)).toEqual({ onHand: "100", reserved: "0" });
    expect(await movements(vendorItemId)).toEqual([["5", "0", "auditor"], ["-5", "0", "auditor"]]);
  }, 60_000);

  it("units that are gone without a movement stay gone, and the ledger says so", async () => {
    const { vendorItemId } = await newItem();
    await drift(vendorItemId, "on_hand = on_hand - 3");
    await repaired(vendorItemId, "LEDGER_MISMATCH");
    expect(await stock(vendorItemId)).toEqual({ onHand: "97", reserved: "0" });
    expect(await movements(vendorItemId)).toEqual([["-3", "0", "auditor"]]);
  }, 60_000);

  it("units that are reserved for nobody are found, and left to an admin", async () => {
    const { vendorItemId } = await newItem();
    await drift(vendorItemId, "reserved = reserved + 4");
    const { audit: found, violations } = await audit(vendorItemId);
    expect(violations.map((violation) => [kindOf(violation), violation.repairable])).toEqual([["LEDGER_MISMATCH", false], ["RESERVED_MISMATCH", false]]);
    for (const violation of violations) expect(await repair(found.auditId, violation)).toMatchObject({ status: 409, body: { reason: "REPAIR_UNSAFE" } });
    expect([await stock(vendorItemId), await movements(vendorItemId)]).toEqual([{ onHand: "100", reserved: "4" }, []]);
  }, 60_000);

  it("holds that the state forgot are reserved again", async () => {
    const { vendorItemId, order } = await newItem();
    await order();
    await drift(vendorItemId, "reserved = 0");
    const { audit: found, violations } = await audit(vendorItemId);
    expect(violations.map((violation) => [kindOf(violation), violation.repairable])).toEqual([["LEDGER_MISMATCH", true], ["RESERVED_MISMATCH", true]]);
    for (const violation of violations) expect((await repair(found.auditId, violation)).status).toBe(200);
    expect(await stock(vendorItemId)).toEqual({ onHand: "100", reserved: "2" });
    expect((await audit(vendorItemId)).audit.state).toBe("AUDIT_STATE_PASSED");
  }, 60_000);

  it("a hold without an order is closed first, then given back", async () => {
    const { vendorItemId, order } = await newItem();
    const { orderId, reservationId } = await order();
    await sql("DELETE FROM orders.orders WHERE order_id = $1", [orderId]);
    await sql("DELETE FROM orders.reservation_claims WHERE reservation_id = $1", [reservationId]);
    expect((await audit(vendorItemId)).audit.state).toBe("AUDIT_STATE_PASSED");
    await sql("UPDATE product.reservations SET expire_time = now() - interval '1 second' WHERE reservation_id = $1", [reservationId]);
    await repaired(vendorItemId, "ORPHAN_HOLD");
    expect(await stock(vendorItemId)).toEqual({ onHand: "100", reserved: "0" });
    const { rows } = await sql("SELECT order_id FROM orders.reservation_claims WHERE reservation_id = $1", [reservationId]);
    expect(rows).toEqual([[null]]);
  }, 60_000);

  it("an order that was paid without the inventory hearing of it is sold now", async () => {
    const { vendorItemId, order } = await newItem();
    const { orderId } = await order();
    await sql("UPDATE orders.orders SET state = 'PAID', payment_state = 'CAPTURED', payment_id = gen_random_uuid() WHERE order_id = $1", [orderId]);
    await repaired(vendorItemId, "ORDER_MISMATCH");
    expect(await stock(vendorItemId)).toEqual({ onHand: "98", reserved: "0" });
  }, 60_000);

  it("an order of other units than were held, and one whose hold is gone, are found from both sides and left to an admin", async () => {
    const { vendorItemId, order } = await newItem();
    const [changed, lost] = [await order(true), await order(true)];
    await sleep(1_000);
    await sql("UPDATE orders.orders SET quantities = '{3}' WHERE order_id = $1", [changed.orderId]);
    await sql("UPDATE product.reservations SET state = 'RELEASED' WHERE reservation_id = $1", [lost.reservationId]);
    const { audit: found, violations } = await audit();
    const own = violations.filter(({ subject }) => [changed.orderId, changed.reservationId, lost.orderId].some((id) => subject.endsWith(id)));
    expect(own.map((violation) => [kindOf(violation), violation.subject, violation.repairable]).toSorted()).toEqual(
      [`order/${changed.orderId}`, `order/${lost.orderId}`, `reservation/${changed.reservationId}`].map((subject) => ["ORDER_MISMATCH", subject, false]).toSorted(),
    );
    for (const violation of own) expect((await repair(found.auditId, violation)).status).toBe(409);
    expect((await stock(vendorItemId)).onHand).toBe("96");
  }, 60_000);

  it("a read model that is behind or wrong is told anew", async () => {
    const [behind, wrong] = [await newItem(), await newItem()];
    for (const { vendorItemId } of [behind, wrong]) await settled(vendorItemId);
    await sql("UPDATE stock.stocks SET version = 0, on_hand = 7 WHERE vendor_item_id = $1", [behind.vendorItemId]);
    await sql("UPDATE stock.stocks SET on_hand = 7 WHERE vendor_item_id = $1", [wrong.vendorItemId]);
    await forgetReads();
    await repaired(behind.vendorItemId, "READ_MODEL_STALE");
    await repaired(wrong.vendorItemId, "READ_MODEL_STALE");
    const { rows } = await sql("SELECT on_hand, version FROM stock.stocks WHERE vendor_item_id IN ($1, $2)", [behind.vendorItemId, wrong.vendorItemId]);
    expect(rows).toEqual([[100n, 2n], [100n, 2n]]);
  }, 60_000);

  it("the same key begins one audit; what does not exist is said", async () => {
    const begin = (body: unknown) => call("POST", "/v1/audits", body, admin, "once");
    const [first, again] = [await begin({}), await begin({})];
    const { auditId } = first.body as Audit;
    expect([first.status, again.body]).toMatchObject([200, { auditId }]);
    expect(await begin({ vendorItemId: "other" })).toMatchObject({ status: 422, body: { reason: "REQUEST_ID_REUSED" } });
    expect(await call("GET", `/v1/audits/${randomUUID()}`)).toMatchObject({ status: 404, body: { reason: "AUDIT_NOT_FOUND" } });
    expect(await call("POST", `/v1/audits/${auditId}/violations/${randomUUID()}:repair`, {})).toMatchObject({ status: 404, body: { reason: "VIOLATION_NOT_FOUND" } });
    expect((await call("POST", "/v1/audits", {}, buyer)).status).toBe(403);
  }, 60_000);
});
