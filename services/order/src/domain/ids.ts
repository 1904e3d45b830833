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
  const hex = hash("sha256", `flashdeal.order.v1${name}`);
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
