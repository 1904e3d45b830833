import { AuditState, ViolationKind, ViolationState, type Violation } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import type { Order } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { actAs } from "@flashdeal/runtime/auth";
import { reasonOf } from "@flashdeal/runtime/errors";
import { newId } from "@flashdeal/runtime/ids";
import { describeEachDatabase, type TestDatabase } from "@flashdeal/runtime/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { drifts, expireHold, forgetOrder, type Item, type World } from "./testing/drifts.ts";
import { startInProcess, type InProcessPlatform } from "./testing/in-process.ts";

const admin = { contextValues: actAs({ kind: "user", userId: newId(), role: "admin" }) };
const units = 100n;
const kindNames: ReadonlyMap<ViolationKind, string> = new Map(Object.entries(ViolationKind).map(([name, kind]) => [kind, name]));
const nameOf = ({ kind }: Violation): string => kindNames.get(kind) ?? String(kind);

const titleOf = (violation: Violation): string => `${nameOf(violation)} ${violation.subject}`;

describeEachDatabase("audits and repairs", (open) => {
  let database: TestDatabase;
  let platform: InProcessPlatform;

  beforeAll(async () => {
    database = await open();
    platform = await startInProcess(database, {
      AUDIT_INTERVAL: "0",
      AUDIT_FRESHNESS: "1s",
      AUDIT_HOLD_GRACE: "0s",
      // Nobody else mends what the audit is to find, and no process remembers what it read before it was damaged.
      PRODUCT_SWEEP_INTERVAL: "1h",
      NEAR_CACHE_MAX_ENTRIES: "1",
      OUTBOX_POLL_INTERVAL: "20ms",
    });
  }, 60_000);
  afterAll(async () => {
    await platform?.close();
    await database?.close();
  });

  const sql: World["sql"] = async (text, values = []) => (await database.query({ name: "", text }, values)).rows;
  const forgetReads = () => platform.stocks.batchGetStocks({ keys: [{ vendorItemId: "unknown", fulfillmentCenterId: "ICN1" }] });

  const stockOf = async ({ vendorItemId }: Item): Promise<readonly bigint[]> =>
    (await sql("SELECT on_hand, reserved FROM product.stocks WHERE vendor_item_id = $1", [vendorItemId]))[0] as readonly bigint[];

  const onSale = async (item: Item): Promise<bigint> => ((counts) => (counts[0] ?? 0n) - (counts[1] ?? 0n))(await stockOf(item));

  async function newItem(): Promise<Item> {
    const vendorItemId = `item-${newId()}`;
    const price = { currencyCode: "USD", units: 10n };
    const { product } = await platform.products.createProduct({ product: { vendorItemId, name: "Shoes", price } }, admin);
    await platform.inventory.receiveStock({ vendorItemId, fulfillmentCenterId: "ICN1", quantity: units }, admin);
    const deal = { productId: product?.productId ?? "", fulfillmentCenterId: "ICN1", perUserLimit: 50n, dealPrice: price, endTime: { seconds: BigInt(Math.floor(Date.now() / 1_000) + 3_600), nanos: 0 } };
    const { dealId = "" } = (await platform.products.createDeal({ deal }, admin)).deal ?? {};
    return { vendorItemId, dealId };
  }

  async function order({ dealId }: Item, quantity = 1n): Promise<Order> {
    const buyer = { contextValues: actAs({ kind: "user", userId: newId(), role: "customer" }) };
    const answer = await platform.orders.createOrder({ lines: [{ dealId, quantity }], requestId: newId() }, buyer);
    if (answer.order === undefined) throw new Error("no order");
    return answer.order;
  }

  const pay = ({ orderId, userId }: Order) =>
    platform.orders.payOrder({ orderId, paymentToken: "sandbox-ok", requestId: newId() }, { contextValues: actAs({ kind: "user", userId, role: "customer" }) });

  /** Until everything that was told about the item has arrived. */
  async function settled({ vendorItemId }: Item): Promise<void> {
    const text = "SELECT p.version - coalesce(r.version, 0) FROM product.stocks p LEFT JOIN stock.stocks r USING (vendor_item_id) WHERE p.vendor_item_id = $1";
    await expect.poll(async () => (await sql(text, [vendorItemId]))[0]?.[0], { timeout: 10_000 }).toBe(0n);
  }

  async function counts(item: Item, change: string): Promise<void> {
    await settled(item);
    for (const table of ["product.stocks", "stock.stocks"]) await sql(`UPDATE ${table} SET ${change} WHERE vendor_item_id = $1`, [item.vendorItemId]);
  }

  async function paid(item: Item, quantity?: bigint): Promise<Order> {
    const created = await order(item, quantity);
    await pay(created);
    await expect.poll(async () => (await sql("SELECT state FROM product.reservations WHERE reservation_id = $1", [created.reservationId]))[0]?.[0], { timeout: 10_000 }).toBe("COMMITTED");
    await settled(item);
    return created;
  }

  const world: World = { sql, order, paid, counts };

  async function audit(vendorItemId = ""): Promise<{ readonly auditId: string; readonly state: AuditState; readonly violations: readonly Violation[] }> {
    let current = (await platform.audits.runAudit({ vendorItemId }, admin)).audit;
    const { auditId = "" } = current ?? {};
    while (current?.state === AuditState.RUNNING) {
      await sleep(30);
      current = (await platform.audits.getAudit({ auditId }, admin)).audit;
    }
    expect(current?.error).toBe("");
    const { violations } = await platform.audits.listViolations({ auditId, pageSize: 1_000 }, admin);
    expect(BigInt(violations.length)).toBe(current?.violationCount);
    return { auditId, state: current?.state ?? AuditState.UNSPECIFIED, violations };
  }

  const repair = (violation: Violation) => platform.audits.repairViolation({ auditId: violation.auditId, violationId: violation.violationId }, admin);

  /** How a repair ended; asked twice, it ends the same. */
  const outcomeOf = (violation: Violation) => repair(violation).then(({ violation: mended }) => mended?.state, (error: unknown) => reasonOf(error));

  const repairsInLedger = (item: Item, auditId: string) =>
    sql("SELECT kind, on_hand_delta, reserved_delta FROM product.stock_movements WHERE vendor_item_id = $1 AND actor = 'auditor' AND reason LIKE $2 ORDER BY position", [item.vendorItemId, `audit ${auditId}: %`]);

  it("a platform whose buyers buy, pay and cancel is in order, however often it is audited", async () => {
    const items = [await newItem(), await newItem(), await newItem()];
    const closed = new AbortController();
    const buyer = async (index: number): Promise<void> => {
      while (!closed.signal.aborted) {
        const item = items[index % items.length];
        const created = await order(item ?? { vendorItemId: "", dealId: "" }).catch(() => undefined);
        if (created === undefined) continue;
        if (index % 3 !== 0) await pay(created);
        if (index % 2 === 0) await platform.orders.cancelOrder({ orderId: created.orderId, requestId: newId() }, admin);
      }
    };
    const buyers = Promise.all(Array.from({ length: 12 }, (_, index) => buyer(index)));
    const audits = [];
    for (let round = 0; round < 3; round++) audits.push(await audit());
    closed.abort();
    await buyers;
    expect(audits.flatMap(({ violations }) => violations)).toEqual([]);
    expect((await sql("SELECT count(*) FROM orders.orders"))[0]?.[0]).toBeGreaterThan(50n);
    for (const item of items) await settled(item);
    expect((await audit()).state).toBe(AuditState.PASSED);
  }, 120_000);

  it.each(drifts)("$name", async ({ damage, found, after, movements = [], back = 0n, whole = false }) => {
    const item = await newItem();
    await settled(item);
    const ids = await damage(world, item);
    await forgetReads();
    const before = await onSale(item);
    const scope = whole ? "" : item.vendorItemId;
    const { auditId, violations } = await audit(scope);
    const own = violations.filter(({ subject }) => ids.some((id) => subject.includes(id)));
    const kinds = own.map((violation) => [nameOf(violation), violation.repairable]);
    expect(kinds.toSorted()).toEqual(found.toSorted());
    const refused: Violation[] = [];
    for (const violation of own) {
      const outcome = await outcomeOf(violation);
      expect(["REPAIR_UNSAFE", ViolationState.REPAIRED]).toContain(outcome);
      expect(await outcomeOf(violation)).toBe(outcome);
      if (outcome !== ViolationState.REPAIRED) refused.push(violation);
    }
    await settled(item);
    expect(await stockOf(item)).toEqual(after);
    expect((await onSale(item)) - before).toBeLessThanOrEqual(back);
    expect(await repairsInLedger(item, auditId)).toEqual(movements);
    await forgetReads();
    const left = (await audit(scope)).violations.filter(({ subject }) => ids.some((id) => subject.includes(id)));
    expect(left.map(titleOf).toSorted()).toEqual(refused.map(titleOf).toSorted());
  }, 60_000);

  it("a hold that is not past its time waits for its order, also where its id is closed", async () => {
    const item = await newItem();
    const created = await order(item);
    await forgetOrder(world, created);
    await platform.orders.resolveReservations({ reservationIds: [created.reservationId] });
    expect((await audit(item.vendorItemId)).state).toBe(AuditState.PASSED);
  }, 60_000);

  it("a repair that comes late finds what was mended meanwhile, and does nothing", async () => {
    const item = await newItem();
    const [orphan, unheard] = [await order(item), await order(item)];
    await forgetOrder(world, orphan);
    await expireHold(world, orphan);
    await sql("UPDATE orders.orders SET state = 'PAID', payment_state = 'CAPTURED', payment_id = $2 WHERE order_id = $1", [unheard.orderId, newId()]);
    const { auditId, violations } = await audit(item.vendorItemId);
    expect(violations).toHaveLength(2);
    await platform.inventory.releaseStock({ entries: [{ reservationId: orphan.reservationId }] });
    // Paid, then cancelled: the units came back.
    await platform.inventory.commitStock({ entries: [{ reservationId: unheard.reservationId }] });
    await sql("UPDATE product.reservations SET state = 'RETURNED' WHERE reservation_id = $1", [unheard.reservationId]);
    await sql("UPDATE orders.orders SET state = 'CANCELLED', payment_state = 'REFUNDED' WHERE order_id = $1", [unheard.orderId]);
    for (const violation of violations) expect((await repair(violation)).violation?.state).toBe(ViolationState.REPAIRED);
    expect(await repairsInLedger(item, auditId)).toEqual([]);
  }, 60_000);

  it("two admins who repair the same at once do it once", async () => {
    const item = await newItem();
    await counts(item, "on_hand = on_hand + 5");
    await forgetReads();
    const { auditId, violations } = await audit(item.vendorItemId);
    const [violation] = violations;
    if (violation === undefined) throw new Error("no violation");
    await Promise.all(Array.from({ length: 5 }, () => repair(violation)));
    expect(await stockOf(item)).toEqual([100n, 0n]);
    expect(await repairsInLedger(item, auditId)).toHaveLength(2);
  }, 60_000);

  it("metrics count what was found, by kind", async () => {
    const metrics = await platform.metrics();
    expect(metrics).toMatch(/audit_violations_total\{kind="LEDGER_MISMATCH"\} [1-9]/);
    expect(metrics).toContain('audit_violations_total{kind="MIRROR_MISMATCH"} 0');
    expect(metrics).toMatch(/audit_repairs_total\{outcome="unsafe"\} [1-9]/);
  });
});
