import { deliver, ship } from "./order.ts";
import type { OrderState } from "./order-state.ts";
import { maxStepAttempts } from "./payments.ts";
import type { Clock, KeyedRequest, OrderStore, RequestRecord, ShipmentStore } from "./ports.ts";
import { requestKey, sameFingerprint, type RunningRequests } from "./running-requests.ts";
import type { Shipment, ShipmentUpdate } from "./shipment.ts";

/** What shipping works with. */
export interface ShippingContext {
  readonly store: OrderStore;
  readonly shipments: ShipmentStore;
  readonly clock: Clock;
  readonly running: RunningRequests;
  /** A new shipment id, sorted by time (UUIDv7). */
  readonly newShipmentId: () => string;
}

type RequestFailure = { readonly kind: "request-id-reused" } | { readonly kind: "in-progress" };

/** What became of a new shipment. */
export type CreateShipmentOutcome =
  | { readonly kind: "shipment-created"; readonly shipment: Shipment }
  | { readonly kind: "order-not-found" }
  | { readonly kind: "shipment-exists" }
  | { readonly kind: "wrong-state"; readonly state: OrderState }
  | RequestFailure;

/** What became of an update. */
export type AddShipmentUpdateOutcome = { readonly kind: "update-added"; readonly update: ShipmentUpdate } | { readonly kind: "shipment-not-found" } | RequestFailure;

/** Creates the shipment of a paid order, which is shipped from then on. */
export async function createShipment(
  context: ShippingContext,
  wanted: Pick<Shipment, "orderId" | "carrier" | "trackingNumber">,
  request: KeyedRequest | undefined,
): Promise<CreateShipmentOutcome> {
  const { store, shipments } = context;
  return repeatable<CreateShipmentOutcome>(context, request, async () => {
    const record = request && (await shipments.findShipmentRecord(request));
    const known = recall(record, request);
    if (known === "reused") return { kind: "request-id-reused" };
    if (known !== undefined) return { kind: "shipment-created", shipment: known };
    const order = await store.getOrder(wanted.orderId);
    if (order === undefined) return { kind: "order-not-found" };
    if (await shipments.hasShipment(order.orderId)) return { kind: "shipment-exists" };
    const now = context.clock.now();
    const change = ship(order, now);
    if (change === undefined) return { kind: "wrong-state", state: order.state };
    const shipment: Shipment = { ...wanted, orderId: order.orderId, shipmentId: context.newShipmentId(), status: "PREPARING", createTime: now, updateTime: now };
    return (await shipments.createShipment(shipment, change, request)) ? { kind: "shipment-created", shipment } : undefined;
  });
}

/** Adds what the carrier reports. DELIVERED makes the order delivered, once. */
export async function addShipmentUpdate(
  context: ShippingContext,
  wanted: Omit<ShipmentUpdate, "updateId" | "eventTime"> & { readonly eventTime: Date | undefined },
  request: KeyedRequest | undefined,
): Promise<AddShipmentUpdateOutcome> {
  const { store, shipments } = context;
  return repeatable<AddShipmentUpdateOutcome>(context, request, async () => {
    const record = request && (await shipments.findUpdateRecord(request));
    const known = recall(record, request);
    if (known === "reused") return { kind: "request-id-reused" };
    if (known !== undefined) return { kind: "update-added", update: known };
    const shipment = await shipments.getShipment(wanted.shipmentId);
    if (shipment === undefined) return { kind: "shipment-not-found" };
    const now = context.clock.now();
    const order = wanted.status === "DELIVERED" ? await store.getOrder(shipment.orderId) : undefined;
    const change = order && deliver(order, now);
    const update = await shipments.addUpdate({ ...wanted, shipmentId: shipment.shipmentId, eventTime: wanted.eventTime ?? now }, change, request);
    return update && { kind: "update-added", update };
  });
}

/** The kept answer; undefined where there is none. */
function recall<Answer>(record: RequestRecord<Answer> | undefined, request: KeyedRequest | undefined): Answer | "reused" | undefined {
  if (record === undefined || request === undefined) return undefined;
  return sameFingerprint(record.fingerprint, request.fingerprint) ? record.answer : "reused";
}

/** Runs `work` until it has an outcome: undefined means that somebody else moved the order in the meantime. */
async function repeatable<Outcome>(
  { running }: ShippingContext,
  request: KeyedRequest | undefined,
  work: () => Promise<Outcome | undefined>,
): Promise<Outcome | { readonly kind: "in-progress" }> {
  const end = request === undefined ? () => {} : running.begin(requestKey(request));
  if (end === undefined) return { kind: "in-progress" };
  try {
    for (let attempt = 0; attempt < maxStepAttempts; attempt++) {
      const outcome = await work();
      if (outcome !== undefined) return outcome;
    }
    return { kind: "in-progress" };
  } finally {
    end();
  }
}
