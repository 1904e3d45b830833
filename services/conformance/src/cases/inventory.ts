import assert from "node:assert/strict";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { InventoryService, MovementKind, ReservationState, ReservationView } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { ErrorInfoSchema } from "@flashdeal/proto/google/rpc/error_details_pb";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import type { Status } from "@flashdeal/proto/google/rpc/status_pb";
import { v4 as uuidv4 } from "uuid";
import type { ConformanceCase } from "../conformance-case.ts";
import { ok, present, refused } from "../world/expect.ts";
import { movementsOf, stockBecomes, stockOf } from "../world/stock-state.ts";

const { receiveStock, adjustStock, listStockMovements, reserveStock, commitStock, releaseStock, batchGetReservations } = InventoryService.method;

/** Stock and its movements. */
export const inventoryCases: readonly ConformanceCase[] = [
  {
    name: "inventory - receipts and adjustments add up, and their reasons are kept",
    async run(world) {
      const { caller, make } = world;
      const options = { token: await world.adminToken() };
      const key = { vendorItemId: make.unique("ITEM"), fulfillmentCenterId: "ICN1" };
      const first = await ok(caller.unary(receiveStock, { ...key, quantity: 100n, reason: "delivery 1" }, options));
      assert.deepEqual([first.stock?.onHand, first.stock?.available], [100n, 100n]);
      await ok(caller.unary(receiveStock, { ...key, quantity: 20n }, options));
      const last = await ok(caller.unary(adjustStock, { ...key, delta: -5n, reason: "broken" }, options));
      assert.equal(last.stock?.onHand, 115n);
      assert.ok(present(last.stock).version > present(first.stock).version);
      const movements = await movementsOf(world, key);
      assert.deepEqual(
        movements.map(({ kind, onHandDelta, reason }) => [kind, onHandDelta, reason]),
        [[MovementKind.ADJUST, -5n, "broken"], [MovementKind.RECEIVE, 20n, ""], [MovementKind.RECEIVE, 100n, "delivery 1"]],
      );
      assert.equal(new Set(movements.map(({ actor }) => actor)).size, 1);
      await stockBecomes(world, key, { onHand: 115, reserved: 0, available: 115 });
    },
  },
  {
    name: "inventory - an adjustment takes no reserved unit, and none that is not there",
    async run(world) {
      const { caller, make } = world;
      const token = await world.adminToken();
      const deal = await make.newDeal({ units: 3 });
      await make.newOrder(await make.newBuyer(), deal, 2);
      await refused(caller.unary(adjustStock, { ...deal.key, delta: -2n, reason: "count" }, { token }), "STOCK_BELOW_RESERVED", { metadata: { available: "1" } });
      await ok(caller.unary(adjustStock, { ...deal.key, delta: -1n, reason: "count" }, { token }));
      assert.deepEqual(await stockOf(world, deal.key), { onHand: 2, reserved: 2, available: 0 });
    },
  },
  {
    name: "inventory - the same item at two centres is two stocks",
    async run(world) {
      const options = { token: await world.adminToken() };
      const vendorItemId = world.make.unique("ITEM");
      await ok(world.caller.unary(receiveStock, { vendorItemId, fulfillmentCenterId: "ICN1", quantity: 1n }, options));
      await ok(world.caller.unary(receiveStock, { vendorItemId, fulfillmentCenterId: "PUS2", quantity: 2n }, options));
      assert.equal((await stockOf(world, { vendorItemId, fulfillmentCenterId: "ICN1" })).onHand, 1);
      assert.equal((await stockOf(world, { vendorItemId, fulfillmentCenterId: "PUS2" })).onHand, 2);
    },
  },
  {
    name: "inventory - repeating a receipt with the same key adds its units once",
    async run(world) {
      const { caller, make } = world;
      const options = { token: await world.adminToken(), key: make.unique("key") };
      const request = { vendorItemId: make.unique("ITEM"), fulfillmentCenterId: "ICN1", quantity: 7n };
      const first = await ok(caller.unary(receiveStock, request, options));
      assert.deepEqual(await ok(caller.unary(receiveStock, request, options)), first);
      await refused(caller.unary(receiveStock, { ...request, quantity: 8n }, options), "REQUEST_ID_REUSED");
      assert.equal((await stockOf(world, request)).onHand, 7);
    },
  },
  {
    name: "inventory - movements of an order tell its way, and are listed by kind",
    async run(world) {
      const { caller, make } = world;
      const deal = await make.newDeal({ units: 5 });
      await make.newPaidOrder(await make.newBuyer(), deal, 2);
      await stockBecomes(world, deal.key, { onHand: 3, reserved: 0, available: 3 });
      const deltas = (await movementsOf(world, deal.key)).map(({ kind, onHandDelta, reservedDelta }) => [kind, onHandDelta, reservedDelta]);
      assert.deepEqual(deltas, [[MovementKind.COMMIT, -2n, -2n], [MovementKind.RESERVE, 0n, 2n], [MovementKind.RECEIVE, 5n, 0n]]);
      const sold = await ok(caller.unary(listStockMovements, { ...deal.key, kind: MovementKind.COMMIT }, { token: await world.adminToken() }));
      assert.equal(sold.movements.length, 1);
      assert.equal(sold.onHandSum, 3n);
    },
  },
  {
    name: "inventory - holds are decided one by one, and repeating one meets the first",
    protocols: ["grpc"],
    needs: ["internalTokenSecret"],
    async run(world) {
      const { caller, make } = world;
      const options = { token: await world.serviceToken() };
      const deal = await make.newDeal({ units: 3 });
      const entry = (quantity: bigint, reservationId = uuidv4()) => ({
        reservationId,
        userId: uuidv4(),
        lines: [{ dealId: deal.dealId, quantity }],
        expireTime: timestampFromMs(Date.now() + 600_000),
      });
      const [first, second, third] = [entry(2n), entry(2n), entry(1n)];
      const { results } = await ok(caller.unary(reserveStock, { entries: [first, second, third] }, options));
      assert.deepEqual(results.map(({ outcome }) => outcome.case), ["reservation", "error", "reservation"]);
      assert.equal(reasonOfStatus(results[1]?.outcome.value as Status), "SOLD_OUT");
      const again = await ok(caller.unary(reserveStock, { entries: [first] }, options));
      assert.deepEqual(again.results, results.slice(0, 1));
      const brief = await ok(caller.unary(reserveStock, { entries: [first, second], view: ReservationView.BASIC }, options));
      const [held, refused] = brief.results.map(({ outcome }) => outcome);
      assert.ok(held?.case === "reservation" && results[0]?.outcome.case === "reservation");
      assert.deepEqual([held.value.state, held.value.expireTime, held.value.lines], [ReservationState.HELD, results[0].outcome.value.expireTime, []]);
      assert.equal(refused?.case, "error");
      const [line] = results[0].outcome.value.lines;
      assert.deepEqual(
        brief.deals.map(({ dealId, productId, vendorItemId, fulfillmentCenterId, title, unitPrice }) => [dealId, productId, vendorItemId, fulfillmentCenterId, title, unitPrice]),
        [[line?.dealId, line?.productId, line?.vendorItemId, line?.fulfillmentCenterId, line?.title, line?.unitPrice]],
      );
      assert.deepEqual(await stockOf(world, deal.key), { onHand: 3, reserved: 3, available: 0 });

      const committed = await ok(caller.unary(commitStock, { entries: [{ reservationId: first.reservationId }, { reservationId: second.reservationId }] }, options));
      assert.equal(reasonOfStatus(committed.results[1]?.outcome.value as Status), "RESERVATION_NOT_FOUND");
      for (let time = 0; time < 2; time++) await ok(caller.unary(releaseStock, { entries: [{ reservationId: third.reservationId }] }, options));
      const late = await ok(caller.unary(commitStock, { entries: [{ reservationId: third.reservationId }] }, options));
      assert.equal(reasonOfStatus(late.results[0]?.outcome.value as Status), "RESERVATION_RESOLVED");
      const ids = [first, second, third].map(({ reservationId }) => reservationId);
      const { reservations } = await ok(caller.unary(batchGetReservations, { reservationIds: ids }, options));
      const states = new Map(reservations.map(({ reservationId, state }) => [reservationId, state]));
      assert.deepEqual(ids.map((id) => states.get(id)), [ReservationState.COMMITTED, undefined, ReservationState.RELEASED]);
      await stockBecomes(world, deal.key, { onHand: 1, reserved: 0, available: 1 });
    },
  },
];

function reasonOfStatus(status: Status): string | undefined {
  for (const detail of status.details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info !== undefined) return info.reason;
  }
  return undefined;
}
