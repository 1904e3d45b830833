import { hash } from "node:crypto";
import { uuidText } from "@flashdeal/runtime/ids";

/**
 * The id of the hold behind a CreateOrder call: the same for the same caller, method and request id, so that a retry after a crash
 * meets its own hold.
 */
export function reservationIdOf(scope: string, requestId: string): string {
  return nameBasedId("reservation", scope, requestId);
}

/** The id of the payment behind a PayOrder call, which is also the provider's idempotency key. */
export function paymentIdOf(orderId: string, scope: string, requestId: string): string {
  return nameBasedId("payment", orderId, scope, requestId);
}

/** The id of the hold that a payment takes which came after the order's own hold had ended. */
export function lateReservationIdOf(paymentId: string): string {
  return nameBasedId("late-reservation", paymentId);
}

const digest = Buffer.alloc(32);

/** A name-based UUID over SHA-256 (version 8 of RFC 9562, appendix B.2). Parts are length-prefixed, so that none runs into the next. */
function nameBasedId(...parts: readonly string[]): string {
  let name = "flashdeal.order.v1";
  for (const part of parts) name += `:${Buffer.byteLength(part)}:${part}`;
  digest.write(hash("sha256", name, "binary"), "latin1");
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  return uuidText(digest);
}
