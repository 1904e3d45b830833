import type { ViolationKind } from "@flashdeal/proto/flashdeal/audit/v1/audit_service_pb";
import type { Order } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { newId } from "@flashdeal/runtime/ids";

/** A key with an open deal. */
export interface Item {
  readonly vendorItemId: string;
  readonly dealId: string;
}

/** What is done behind the services' backs, and what must come of it. */
export interface Drift {
  readonly name: string;
  /** Damages one item; answers the ids that the violations are about. */
  damage(world: World, item: Item): Promise<readonly string[]>;
  /** Kinds of the violations, sorted, each with whether it may be repaired. */
  readonly found: readonly (readonly [keyof typeof ViolationKind, boolean])[];
  /** Units on hand and reserved after the repairs that were possible. */
  readonly after: readonly [onHand: bigint, reserved: bigint];
  /** What repairs wrote into the ledger: kind, on_hand, reserved. Default: nothing. */
  readonly movements?: readonly (readonly [string, bigint, bigint])[];
  /** Whether orders tell of it, which only an audit of everything asks. Default: an audit of the item. */
  readonly whole?: boolean;
  /** Units more on sale than before the repair: of a hold that is nobody's. Default: 0. */
  readonly back?: bigint;
}

/** What damage is done with. */
export interface World {
  sql(text: string, values?: readonly unknown[]): Promise<readonly (readonly unknown[])[]>;
  order(item: Item, quantity?: bigint): Promise<Order>;
  paid(item: Item, quantity?: bigint): Promise<Order>;
  /** Changes a key's counts in the read model too, so that only the books tell. */
  counts(item: Item, change: string): Promise<void>;
}

const orderColumns = "user_id, state, payment_state, payment_id, reservation_id, total_currency, total_units, total_nanos, expire_time, create_time, update_time, version, deal_ids, product_ids, vendor_item_ids, fulfillment_center_ids, titles, quantities, price_units, price_nanos";

/** As if the order had never been stored. */
export async function forgetOrder({ sql }: World, { orderId, reservationId }: Order): Promise<void> {
  for (const table of ["payments", "order_deals", "orders"]) await sql(`DELETE FROM orders.${table} WHERE order_id = $1`, [orderId]);
  await sql("DELETE FROM orders.reservation_claims WHERE reservation_id = $1", [reservationId]);
}

/** As if the hold were past its time. */
export const expireHold = ({ sql }: World, { reservationId }: Order) =>
  sql("UPDATE product.reservations SET expire_time = now() - interval '1 second' WHERE reservation_id = $1", [reservationId]);

/** Damage of every kind. */
export const drifts: readonly Drift[] = [
  {
    name: "units on hand that no movement explains are taken off",
    damage: async (world, item) => (await world.counts(item, "on_hand = on_hand + 5"), [item.vendorItemId]),
    found: [["LEDGER_MISMATCH", true]],
    after: [100n, 0n],
    movements: [["ADJUST", 5n, 0n], ["ADJUST", -5n, 0n]],
  },
  {
    name: "units that are gone without a movement stay gone",
    damage: async (world, item) => (await world.counts(item, "on_hand = on_hand - 3"), [item.vendorItemId]),
    found: [["LEDGER_MISMATCH", true]],
    after: [97n, 0n],
    movements: [["ADJUST", -3n, 0n]],
  },
  {
    name: "a movement that never reached the state is taken back",
    async damage({ sql }, { vendorItemId }) {
      await sql(
        `INSERT INTO product.stock_movements (movement_id, vendor_item_id, fulfillment_center_id, kind, on_hand_delta, reserved_delta, actor, reason, create_time)
         VALUES ($1, $2, 'ICN1', 'RECEIVE', 9, 0, 'nobody', '', now())`,
        [newId(), vendorItemId],
      );
      return [vendorItemId];
    },
    found: [["LEDGER_MISMATCH", true]],
    after: [100n, 0n],
    movements: [["ADJUST", -9n, 0n]],
  },
  {
    name: "units that are reserved for nobody are left to an admin",
    damage: async (world, item) => (await world.counts(item, "reserved = reserved + 4"), [item.vendorItemId]),
    found: [["LEDGER_MISMATCH", false], ["RESERVED_MISMATCH", false]],
    after: [100n, 4n],
  },
  {
    name: "holds that the state forgot are reserved again",
    async damage(world, item) {
      await world.order(item, 2n);
      await world.counts(item, "reserved = 0");
      return [item.vendorItemId];
    },
    found: [["LEDGER_MISMATCH", true], ["RESERVED_MISMATCH", true]],
    after: [100n, 2n],
    movements: [["ADJUST", 0n, -2n], ["ADJUST", 0n, 2n]],
  },
  {
    name: "a hold without an order is closed, then given back",
    async damage(world, item) {
      const order = await world.order(item, 2n);
      await forgetOrder(world, order);
      await expireHold(world, order);
      return [order.reservationId];
    },
    found: [["ORPHAN_HOLD", true]],
    after: [100n, 0n],
    movements: [["RELEASE", 0n, -2n]],
    back: 2n,
  },
  {
    name: "a hold whose order has lost its claim is nobody's to give back",
    async damage(world, item) {
      const order = await world.order(item, 2n);
      await world.sql("DELETE FROM orders.reservation_claims WHERE reservation_id = $1", [order.reservationId]);
      await expireHold(world, order);
      return [order.reservationId, order.orderId];
    },
    whole: true,
    found: [["ORDER_MISMATCH", false], ["ORPHAN_HOLD", true]],
    after: [100n, 2n],
  },
  {
    name: "an order that was paid without the inventory hearing of it is sold",
    async damage(world, item) {
      const order = await world.order(item, 2n);
      await world.sql("UPDATE orders.orders SET state = 'PAID', payment_state = 'CAPTURED', payment_id = $2 WHERE order_id = $1", [order.orderId, newId()]);
      return [order.reservationId];
    },
    found: [["ORDER_MISMATCH", true]],
    after: [98n, 0n],
    movements: [["COMMIT", -2n, -2n]],
  },
  {
    name: "an order that was cancelled without the inventory hearing of it gives its hold back",
    async damage(world, item) {
      const order = await world.order(item, 2n);
      await world.sql("UPDATE orders.orders SET state = 'CANCELLED' WHERE order_id = $1", [order.orderId]);
      return [order.reservationId];
    },
    found: [["ORDER_MISMATCH", true]],
    after: [100n, 0n],
    movements: [["RELEASE", 0n, -2n]],
    back: 2n,
  },
  {
    name: "a sale whose order was cancelled unheard is left to an admin: its units may be on their way",
    async damage(world, item) {
      const order = await world.paid(item, 2n);
      await world.sql("UPDATE orders.orders SET state = 'CANCELLED' WHERE order_id = $1", [order.orderId]);
      return [order.reservationId];
    },
    found: [["ORDER_MISMATCH", false]],
    after: [98n, 0n],
  },
  {
    name: "an order of other units than were sold is found from both sides",
    async damage(world, item) {
      const order = await world.paid(item, 2n);
      await world.sql("UPDATE orders.orders SET quantities = '{3}' WHERE order_id = $1", [order.orderId]);
      return [order.reservationId, order.orderId];
    },
    whole: true,
    found: [["ORDER_MISMATCH", false], ["ORDER_MISMATCH", false]],
    after: [98n, 0n],
  },
  {
    name: "a paid order whose units were given back is found, and so is the key",
    async damage(world, item) {
      const order = await world.paid(item, 2n);
      await world.sql("UPDATE product.reservations SET state = 'RELEASED' WHERE reservation_id = $1", [order.reservationId]);
      await world.sql("UPDATE product.deal_purchases SET quantity = 0 WHERE deal_id = $1", [item.dealId]);
      return [order.orderId, item.vendorItemId];
    },
    whole: true,
    found: [["ORDER_MISMATCH", false], ["SOLD_MISMATCH", false]],
    after: [98n, 0n],
  },
  {
    name: "a sale without an order is left to an admin",
    async damage(world, item) {
      const order = await world.paid(item, 2n);
      await forgetOrder(world, order);
      return [order.reservationId];
    },
    found: [["ORDER_MISMATCH", false]],
    after: [98n, 0n],
  },
  {
    name: "an order that has no claim on its reservation is found",
    async damage(world, item) {
      const order = await world.paid(item, 2n);
      await world.sql("UPDATE orders.reservation_claims SET order_id = NULL WHERE reservation_id = $1", [order.reservationId]);
      return [order.reservationId, order.orderId];
    },
    whole: true,
    found: [["ORDER_MISMATCH", false], ["ORDER_MISMATCH", false]],
    after: [98n, 0n],
  },
  {
    name: "of two orders for the same units the one without the claim is found",
    async damage(world, item) {
      const order = await world.paid(item, 2n);
      const twin = newId();
      await world.sql(`INSERT INTO orders.orders (order_id, ${orderColumns}) SELECT $2::uuid, ${orderColumns} FROM orders.orders WHERE order_id = $1`, [order.orderId, twin]);
      return [order.reservationId, order.orderId, twin];
    },
    whole: true,
    found: [["ORDER_MISMATCH", false]],
    after: [98n, 0n],
  },
  {
    name: "a buyer for whom too little is counted cannot buy over the limit any more",
    async damage(world, item) {
      const order = await world.order(item, 2n);
      await world.sql("UPDATE product.deal_purchases SET quantity = 0 WHERE deal_id = $1", [item.dealId]);
      return [order.userId];
    },
    found: [["PURCHASE_MISMATCH", true]],
    after: [100n, 2n],
  },
  {
    name: "a buyer for whom nothing is counted at all is found too",
    async damage(world, item) {
      const order = await world.order(item, 2n);
      await world.sql("DELETE FROM product.deal_purchases WHERE deal_id = $1", [item.dealId]);
      return [order.userId];
    },
    found: [["PURCHASE_MISMATCH", true]],
    after: [100n, 2n],
  },
  {
    name: "a buyer for whom too much is counted is left to an admin",
    async damage(world, item) {
      const order = await world.order(item, 2n);
      await world.sql("UPDATE product.deal_purchases SET quantity = 3 WHERE deal_id = $1", [item.dealId]);
      return [order.userId];
    },
    found: [["PURCHASE_MISMATCH", false]],
    after: [100n, 2n],
  },
  ...["version = version - 1, on_hand = 7", "on_hand = 7", "version = version + 1000, on_hand = 7"].map(
    (change): Drift => ({
      name: `a read model with ${change} is told anew`,
      damage: async ({ sql }, { vendorItemId }) => (await sql(`UPDATE stock.stocks SET ${change} WHERE vendor_item_id = $1`, [vendorItemId]), [vendorItemId]),
      found: [["READ_MODEL_STALE", true]],
      after: [100n, 0n],
    }),
  ),
  {
    name: "a read model that does not know a key is told of it",
    damage: async ({ sql }, { vendorItemId }) => (await sql("DELETE FROM stock.stocks WHERE vendor_item_id = $1", [vendorItemId]), [vendorItemId]),
    found: [["READ_MODEL_STALE", true]],
    after: [100n, 0n],
  },
];
