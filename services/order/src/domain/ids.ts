import { hash } from "node:crypto";

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

/** A name-based UUID over SHA-256 (version 8 of RFC 9562, appendix B.2). Parts are length-prefixed, so that none runs into the next. */
function nameBasedId(...parts: readonly string[]): string {
  const name = parts.map((part) => `:${Buffer.byteLength(part)}:${part}`).join("");
  const bytes = hash("sha256", `flashdeal.order.v1${name}`, "buffer").subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
