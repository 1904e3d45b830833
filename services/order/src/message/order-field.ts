import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/**
 * What stands before an order in the binary form of a message that has nothing but the order, as its first field: CreateOrderResponse,
 * PayOrderResponse, CancelOrderResponse, OrderCreated and others. So their bytes are made of the order's, without encoding it again.
 */
export function orderFieldPrefix(order: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(1, WireType.LengthDelimited).uint32(order.length).finish();
}

/** A message whose one field, number 1, is the order. */
export function messageOfOrder(order: Uint8Array): Uint8Array {
  return Buffer.concat([orderFieldPrefix(order), order]);
}
