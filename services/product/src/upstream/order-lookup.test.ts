import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { OrderService, OrderState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { v7 as uuidv7 } from "uuid";
import { describe, expect, it } from "vitest";
import { createOrderLookup } from "./order-lookup.ts";

const signal = new AbortController().signal;

describe("order lookup", () => {
  it("resolve - reads what stands behind each hold, and understands nothing into what it does not know", async () => {
    const ids = Array.from({ length: 6 }, () => uuidv7());
    const answers = [
      { orderId: "", orderState: OrderState.UNSPECIFIED },
      { orderId: "o", orderState: OrderState.PAID },
      { orderId: "o", orderState: OrderState.PENDING_PAYMENT },
      { orderId: "o", orderState: OrderState.UNSPECIFIED },
      { orderId: "o", orderState: 99 as OrderState },
      { orderId: "", orderState: OrderState.CANCELLED },
    ];
    const transport = createRouterTransport(({ service }) =>
      service(OrderService, {
        resolveReservations: ({ reservationIds }) => ({ resolutions: reservationIds.map((id, index) => ({ ...answers[index], reservationId: id.toUpperCase() })) }),
      }),
    );
    const standings = await createOrderLookup(transport, { timeoutMs: 1_000 }).resolveReservations(ids, signal);
    expect(ids.map((id) => standings.get(id))).toEqual(["NONE", "PAID", "PENDING_PAYMENT", "UNKNOWN", "UNKNOWN", "UNKNOWN"]);
  });

  it("resolve - a call that fails is no answer", async () => {
    const transport = createRouterTransport(({ service }) =>
      service(OrderService, {
        resolveReservations: () => {
          throw new ConnectError("down", Code.Unavailable);
        },
      }),
    );
    await expect(createOrderLookup(transport, { timeoutMs: 1_000 }).resolveReservations([uuidv7()], signal)).rejects.toThrow("down");
  });
});
