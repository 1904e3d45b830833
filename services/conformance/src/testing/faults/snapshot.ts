import { createHash } from "node:crypto";
import { Client } from "pg";
import type { Snapshot } from "./checker.ts";
import type { HistoryEvent } from "./history.ts";

/**
 * Reads the stores past the services, as `url`'s superuser, in one snapshot. `sold` are the items of the run. `readModel` comes over REST. `events`
 * are the run's history: from its buyers and keys follow the ids of reservations, and from these which key made which order. A key has one order here at most; a
 * second one shows as made by no key.
 */
export async function takeSnapshot(url: string, sold: Snapshot["items"], readModel: Snapshot["readModel"], events: readonly HistoryEvent[]): Promise<Snapshot> {
  const keys = new Map(events.flatMap(({ operation }) => (operation.f === "create" ? [[firstReservationOf(operation.userId, operation.key), operation.key]] : [])));
  const items = sold.map(({ item }) => item);
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const rows = async <Row>(text: string): Promise<Row[]> => (await client.query(text, [items])).rows as Row[];
    const ofItems = `(SELECT DISTINCT l.order_id FROM orders.order_lines l WHERE l.vendor_item_id = ANY ($1))`;
    const holdsOfItems = `(SELECT DISTINCT l.reservation_id FROM product.reservation_lines l WHERE l.vendor_item_id = ANY ($1))`;
    const claims = await rows<Snapshot["claims"][number]>(
      `SELECT reservation_id AS "reservationId", order_id AS "orderId" FROM orders.reservation_claims WHERE order_id IS NOT NULL AND cardinality($1::text[]) > 0`,
    );
    return {
      readModel,
      items: sold,
      ordersByKey: claims.flatMap(({ reservationId, orderId }) => [keys.get(reservationId)].flatMap((key) => (key === undefined ? [] : [{ key, orderId }]))),
      claims,
      holdMovements: await rows(
        `SELECT vendor_item_id AS item, reservation_id AS "reservationId" FROM product.stock_movements WHERE kind = 'RESERVE' AND vendor_item_id = ANY ($1) ORDER BY vendor_item_id, position`,
      ),
      orders: await rows(
        `SELECT order_id AS "orderId", user_id AS "userId", state, payment_state AS "paymentState", reservation_id AS "reservationId" FROM orders.orders WHERE order_id IN ${ofItems}`,
      ),
      orderLines: await rows(`SELECT order_id AS "orderId", deal_id AS "dealId", quantity::int FROM orders.order_lines WHERE order_id IN ${ofItems}`),
      reservations: await rows(`SELECT reservation_id AS "reservationId", user_id AS "userId", state FROM product.reservations WHERE reservation_id IN ${holdsOfItems}`),
      reservationLines: await rows(
        `SELECT reservation_id AS "reservationId", deal_id AS "dealId", vendor_item_id AS item, quantity::int FROM product.reservation_lines WHERE vendor_item_id = ANY ($1)`,
      ),
      stocks: await rows(
        `SELECT s.vendor_item_id AS item, s.on_hand::int AS "onHand", s.reserved::int, sum(m.on_hand_delta)::int AS "onHandSum", sum(m.reserved_delta)::int AS "reservedSum",
          sum(m.on_hand_delta) FILTER (WHERE m.kind IN ('RECEIVE', 'ADJUST'))::int AS received
        FROM product.stocks s JOIN product.stock_movements m USING (vendor_item_id, fulfillment_center_id)
        WHERE s.vendor_item_id = ANY ($1) GROUP BY s.vendor_item_id, s.on_hand, s.reserved`,
      ),
      captures: await rows(
        `SELECT p.order_id AS "orderId", count(*) FILTER (WHERE s.captured)::int AS captured, count(*) FILTER (WHERE s.captured AND s.refund_time IS NOT NULL)::int AS refunded
        FROM orders.payments p JOIN orders.sandbox_payments s USING (payment_id) WHERE p.order_id IN ${ofItems} GROUP BY p.order_id`,
      ),
    };
  } finally {
    await client.end();
  }
}

/** The id of the first reservation that a buyer's key asks for: a UUID of version 8 over SHA-256, by the recipe in order's README. */
function firstReservationOf(userId: string, key: string): string {
  const name = ["reservation", `user:${userId} flashdeal.order.v1.OrderService/CreateOrder`, key].map((part) => `:${part.length}:${part}`).join("");
  const bytes = createHash("sha256").update(`flashdeal.order.v1${name}`).digest().subarray(0, 16);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** How many things are still under way: holds, orders that wait, payments and refunds that are open, events that were not handled. */
export async function countUnsettled(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ open: number }>(
      `SELECT ((SELECT count(*) FROM product.reservations WHERE state = 'HELD')
        + (SELECT count(*) FROM orders.orders WHERE state = 'PENDING_PAYMENT' OR payment_state IN ('PENDING', 'REFUND_PENDING'))
        + (SELECT count(*) FROM orders.orders o JOIN product.reservations r USING (reservation_id) WHERE o.state = 'CANCELLED' AND r.state = 'COMMITTED'))::int AS open`,
    );
    return rows[0]?.open ?? 0;
  } finally {
    await client.end();
  }
}

/** Whether a hold was sold since this moment, by `Date.now`. False also where the database does not answer. */
export async function soldSince(url: string, unixMs: number): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000, query_timeout: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query(`SELECT 1 FROM product.reservations WHERE state = 'COMMITTED' AND update_time > to_timestamp($1::float8 / 1000) LIMIT 1`, [unixMs]);
    return rows.length > 0;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
