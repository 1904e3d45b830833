import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { ShipmentSchema, ShipmentUpdateSchema } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import type { Database } from "@flashdeal/runtime/database";
import { newId } from "@flashdeal/runtime/ids";
import type { Clock, ShipmentStore } from "../domain/ports.ts";
import type { Shipment, ShipmentUpdate } from "../domain/shipment.ts";
import { requestKey } from "../domain/running-requests.ts";
import { shipmentFromMessage, shipmentToMessage, updateFromMessage, updateToMessage } from "../message/shipment-message.ts";
import {
  getShipment,
  getShipmentOfOrder,
  insertShipment,
  insertShipmentUpdate,
  listShipmentUpdates,
  lockShipment,
  updateShipmentStatus,
} from "./gen/shipments.sql.ts";
import type { OrderSignalHub } from "./order-signals.ts";
import { addRecords, findRecords, type AnswerCodec } from "./requests.ts";
import { applyStep, Outrun, runStep } from "./steps.ts";

const shipmentCodec: AnswerCodec<Shipment> = {
  encode: (shipment) => toBinary(ShipmentSchema, shipmentToMessage(shipment)),
  decode: (bytes) => shipmentFromMessage(fromBinary(ShipmentSchema, bytes)),
};

const updateCodec: AnswerCodec<ShipmentUpdate> = {
  encode: (update) => toBinary(ShipmentUpdateSchema, updateToMessage(update)),
  decode: (bytes) => updateFromMessage(fromBinary(ShipmentUpdateSchema, bytes)),
};

/** Greater than every update id. */
const beyondAllIds = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** What the store works with. */
export interface ShipmentStoreOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly signals: Pick<OrderSignalHub, "changed">;
}

/** The shipments in the database. */
export function createShipmentStore({ database, clock, signals }: ShipmentStoreOptions): ShipmentStore {
  return {
    findShipmentRecord: async (request) => (await findRecords(database, shipmentCodec, [request], clock.now())).get(requestKey(request)),
    findUpdateRecord: async (request) => (await findRecords(database, updateCodec, [request], clock.now())).get(requestKey(request)),
    getShipment: (shipmentId) => getShipment(database, { shipmentId }),
    hasShipment: async (orderId) => (await getShipmentOfOrder(database, { orderId })) !== undefined,
    async createShipment(shipment, change, request) {
      const now = clock.now();
      const response = shipmentCodec.encode(shipment);
      const done = await runStep(database, async (tx) => {
        if ((await insertShipment(tx, shipment)) === 0) throw new Outrun("the order has a shipment by now");
        await applyStep(tx, { change, request, response }, { now, checkTime: now });
      });
      if (done) signals.changed([shipment.orderId]);
      return done;
    },
    async addUpdate(wanted, change, request) {
      const now = clock.now();
      let added: ShipmentUpdate | undefined;
      const done = await runStep(database, async (tx) => {
        // The id is made under the lock, so that the order of ids is the order in which updates took effect.
        if ((await lockShipment(tx, { shipmentId: wanted.shipmentId })) === undefined) throw new Outrun("the shipment is gone");
        const update: ShipmentUpdate = { ...wanted, updateId: newId() };
        const response = updateCodec.encode(update);
        await insertShipmentUpdate(tx, update);
        await updateShipmentStatus(tx, { shipmentId: update.shipmentId, status: update.status, updateTime: now });
        if (change !== undefined) await applyStep(tx, { change, request, response }, { now, checkTime: now });
        else if (request !== undefined && (await addRecords(tx, [{ request, response }], now)) === 0) throw new Outrun("the request has a record already");
        added = update;
      });
      if (done && change !== undefined) signals.changed([change.to.orderId]);
      return done ? added : undefined;
    },
    listUpdates: (shipmentId, beforeUpdateId, maxUpdates) =>
      listShipmentUpdates(database, { shipmentId, before: beforeUpdateId ?? beyondAllIds, maxRows: maxUpdates }),
  };
}
