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

const text = Buffer.alloc(36, "-");
/** Where each digit of a UUID's text stands, between the dashes. */
const places = [...text.keys()].filter((place) => ![8, 13, 18, 23].includes(place));

/**
 * A name-based UUID over SHA-256 (version 8 of RFC 9562, appendix B.2). Parts are length-prefixed, so that none runs into the next. One flat string: joined
 * from parts it would be a dozen objects.
 */
function nameBasedId(...parts: readonly string[]): string {
  let name = "flashdeal.order.v1";
  for (const part of parts) name += `:${Buffer.byteLength(part)}:${part}`;
  const hex = hash("sha256", name);
  for (let digit = 0; digit < places.length; digit++) text[places[digit] ?? 0] = hex.charCodeAt(digit);
  text[14] = "8".charCodeAt(0);
  text[19] = "89ab".charCodeAt(Number.parseInt(hex.charAt(16), 16) & 0x3);
  return text.toString("latin1");
}
