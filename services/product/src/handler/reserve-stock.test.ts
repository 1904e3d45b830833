import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { createHandlerContext } from "@connectrpc/connect";
import {
  InventoryService,
  ReservationSchema,
  ReservationState,
  ReservationView,
  ReserveStockRequestSchema,
  type ReserveStockResponse,
} from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { expect, it } from "vitest";
import type { ReservedLine, ReserveOutcome } from "../domain/reservation.ts";
import { reserveStock } from "./reserve-stock.ts";
import type { HandlerServices } from "./services.ts";

const [asked, kept] = [new Date("2030-01-01T00:00:00.000Z"), new Date("2029-12-31T23:00:00.123Z")];
const unitPrice = { currencyCode: "KRW", units: 900n, nanos: 0 };
const terms = { productId: "product", vendorItemId: "item", fulfillmentCenterId: "fc", title: "Shoes", unitPrice };
const line = (dealId: string): ReservedLine => ({ dealId, quantity: 1n, perUserLimit: 0n, ...terms });
const hold = (state: "HELD" | "RELEASED", expireTime: Date, ...dealIds: string[]): ReserveOutcome => {
  return { kind: "held", reservation: { reservationId: "r", userId: "u", state, lines: dealIds.map(line), expireTime, createTime: kept } };
};

const brief = (state: ReservationState, time: Date) => ({ case: "reservation", value: create(ReservationSchema, { state, expireTime: timestampFromDate(time) }) });

async function ask(outcomes: readonly ReserveOutcome[], view?: ReservationView): Promise<ReserveStockResponse> {
  const services = { strategy: { reserve: async () => outcomes }, log: { error: () => {} } } as unknown as HandlerServices;
  const entries = outcomes.map(() => ({ reservationId: "r", userId: "u", lines: [{ dealId: "d", quantity: 1n }], expireTime: timestampFromDate(asked) }));
  const method = InventoryService.method.reserveStock;
  const context = createHandlerContext({ service: InventoryService, method, protocolName: "grpc", requestMethod: "POST", url: "http://localhost" });
  return (await reserveStock(services)(create(ReserveStockRequestSchema, { entries, ...(view === undefined ? {} : { view }) }), context)) as ReserveStockResponse;
}

it("reserve - in brief: state and time of each, and the terms of each deal once", async () => {
  const outcomes = [hold("HELD", asked, "a", "b"), hold("RELEASED", kept, "b"), { kind: "sold-out", dealId: "c", available: 0n }, hold("HELD", asked, "a")] as const;
  const { results, deals } = await ask(outcomes, ReservationView.BASIC);
  const error = expect.objectContaining({ case: "error" }) as unknown;
  expect(results.map(({ outcome }) => outcome)).toEqual([brief(ReservationState.HELD, asked), brief(ReservationState.RELEASED, kept), error, brief(ReservationState.HELD, asked)]);
  expect(deals).toMatchObject([{ dealId: "a", ...terms }, { dealId: "b", ...terms }]);
});

it.each([undefined, ReservationView.UNSPECIFIED, ReservationView.FULL])("reserve - view %s: all of it, and no terms beside it", async (view) => {
  const { results, deals } = await ask([hold("HELD", asked, "a", "b")], view);
  expect(results[0]?.outcome.value).toMatchObject({ reservationId: "r", userId: "u", lines: [{ dealId: "a", quantity: 1n, ...terms }, { dealId: "b" }], createTime: timestampFromDate(kept) });
  expect(deals).toEqual([]);
});
