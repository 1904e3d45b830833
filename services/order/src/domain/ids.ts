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

const digits = Buffer.alloc(64);
const text = Buffer.alloc(36, "-");

/** Where the groups of a UUID's text begin, and which digits they are. */
const groups = [[0, 0, 8], [9, 8, 12], [14, 12, 16], [19, 16, 20], [24, 20, 32]] as const;

/**
 * A name-based UUID over SHA-256 (version 8 of RFC 9562, appendix B.2). Parts are length-prefixed, so that none runs into the next. One flat string: joined
 * from parts it would be a dozen objects.
 */
function nameBasedId(...parts: readonly string[]): string {
  let name = "flashdeal.order.v1";
  for (const part of parts) name += `:${Buffer.byteLength(part)}:${part}`;
  const hex = hash("sha256", name);
  digits.write(hex, "latin1");
  for (const [at, first, end] of groups) digits.copy(text, at, first, end);
  text.write("8", 14, "latin1");
  text.write("89ab".charAt(Number.parseInt(hex.charAt(16), 16) & 0x3), 19, "latin1");
  return text.toString("latin1");
}
