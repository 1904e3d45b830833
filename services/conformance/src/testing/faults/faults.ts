import { commitAnswered, commitAsked, holdAnswered, holdAsked, orderAnswered, orderAsked, statementAnswered, statementAsked, textPasses, type Moment } from "./moments.ts";

/** The processes that are killed. */
export type Victim = "order" | "product" | "outbox-relay" | "postgres" | "redis" | "nats";

/** The connections that are cut, slowed down or silenced: who calls whom. */
export type WireName = "gateway-order" | "order-product" | "order-postgres" | "product-postgres" | "relay-nats" | "product-nats";

/** A moment between two steps, seen on a wire: what was sent has not arrived when the connection breaks, and the victim dies. */
export interface Point {
  readonly name: string;
  readonly wire: WireName;
  readonly moment: Moment;
  /** Undefined: only the connection breaks. */
  readonly victim: Victim | undefined;
}

const newOrders = { statement: "order.InsertNewOrders" };
const paymentNoted = { statement: "order.UpdateOrderStates", text: /[{,"]PENDING[},"]/ };
/** Its first parameters: the payment's id, and whether it is captured, behind 4 bytes of length. */
const captured = { statement: "order.InsertSandboxPayment", text: /[-0-9a-f]{36}[^]{4}t/ };
const refunded = { statement: "order.UpdateSandboxRefund" };
const orderPaid = { statement: "order.UpdateOrderStates", text: /OrderPaid/ };
const orderCancelled = { statement: "order.UpdateOrderStates", text: /OrderCancelled/ };
const orderExpired = { statement: "order.UpdateOrderStates", text: /OrderExpired/ };
const newHolds = { statement: "product.InsertReservations" };
/** Two arrays in a row: the states before, of which one is HELD, and the states after. */
const sold = { statement: "product.UpdateReservationStates", text: /\{[^}]*HELD[^}]*\}[^]{4}\{[^}]*COMMITTED/ };
const released = { statement: "product.UpdateReservationStates", text: /RELEASED/ };
const returned = { statement: "product.UpdateReservationStates", text: /RETURNED/ };
const expired = { statement: "product.UpdateReservationStates", text: /EXPIRED/ };

/** A moment, and who dies at it. */
function at(name: string, wire: WireName, moment: Moment, ...victims: readonly (Victim | undefined)[]): Point[] {
  return victims.map((victim) => ({ name: `${name}; ${victim === undefined ? "the connection breaks" : `${victim} dies`}`, wire, moment, victim }));
}

/** Every moment between two steps of an order's way at which somebody else holds the truth, in the order of the way. */
export const points: readonly Point[] = [
  ...at("create: the gateway asked for the order, order has not heard of it", "gateway-order", orderAsked, "order"),
  ...at("create: order asked for the hold, product has not heard of it", "order-product", holdAsked, "order", "product", undefined),
  ...at("create: product commits the hold, Postgres has not heard of it", "product-postgres", commitAsked(newHolds), "product"),
  ...at("create: Postgres committed the hold, product has not heard of it", "product-postgres", commitAnswered(newHolds), "product", "postgres"),
  ...at("create: product answered with the hold, order has not heard of it", "order-product", holdAnswered, "order", "product", undefined),
  ...at("create: order commits the order, Postgres has not heard of it", "order-postgres", statementAsked(newOrders), "order"),
  ...at("create: Postgres committed the order, order has not heard of it", "order-postgres", statementAnswered(newOrders, "SELECT 1"), "order", "postgres", undefined),
  ...at("create: order answered with the order, the gateway has not heard of it", "gateway-order", orderAnswered, "order", undefined),
  ...at("pay: order noted the payment, the provider has not heard of it", "order-postgres", commitAnswered(paymentNoted), "order"),
  ...at("pay: the provider captured the payment, order has not heard of it", "order-postgres", statementAnswered(captured, "INSERT 0 1"), "order", undefined),
  ...at("pay: order commits that it is paid, Postgres has not heard of it", "order-postgres", commitAsked(orderPaid), "order"),
  ...at("pay: Postgres committed that it is paid, order has not heard of it", "order-postgres", commitAnswered(orderPaid), "order", "postgres"),
  ...at("pay: product commits the sale, Postgres has not heard of it", "product-postgres", commitAsked(sold), "product"),
  ...at("pay: Postgres committed the sale, product has not heard of it", "product-postgres", commitAnswered(sold), "product"),
  ...at("cancel: order commits that it is cancelled, Postgres has not heard of it", "order-postgres", commitAsked(orderCancelled), "order"),
  ...at("cancel: Postgres committed that it is cancelled, order has not heard of it", "order-postgres", commitAnswered(orderCancelled), "order"),
  ...at("cancel: the provider paid the money back, order has not heard of it", "order-postgres", statementAnswered(refunded, "UPDATE 1"), "order"),
  ...at("cancel: product commits the release, Postgres has not heard of it", "product-postgres", commitAsked(released), "product"),
  ...at("cancel: Postgres committed the release, product has not heard of it", "product-postgres", commitAnswered(released), "product"),
  ...at("cancel: product commits the return of what was sold, Postgres has not heard of it", "product-postgres", commitAsked(returned), "product"),
  ...at("expire: order commits that it expired, Postgres has not heard of it", "order-postgres", commitAsked(orderExpired), "order"),
  ...at("expire: Postgres committed that it expired, order has not heard of it", "order-postgres", commitAnswered(orderExpired), "order"),
  ...at("expire: product commits that the hold ended, Postgres has not heard of it", "product-postgres", commitAsked(expired), "product"),
  ...at("expire: Postgres committed that the hold ended, product has not heard of it", "product-postgres", commitAnswered(expired), "product"),
  ...at("events: the relay published, NATS has not heard of it", "relay-nats", textPasses("request", /HPUB flashdeal\.order\./), "outbox-relay"),
  ...at("events: NATS stored the event, the relay has not heard of it", "relay-nats", textPasses("answer", /\{"stream":"ORDERS",/), "outbox-relay", "nats"),
  ...at("events: NATS delivered the event, product has not heard of it", "product-nats", textPasses("answer", /HMSG flashdeal\.order\./), "product"),
  ...at("events: product acknowledged the event, NATS has not heard of it", "product-nats", textPasses("request", /PUB \$JS\.ACK\.ORDERS\.\S+ 4\r\n\+ACK/), "product", "nats"),
];

/** A fault that strikes at no moment in particular. */
export type RandomFault =
  | { readonly kind: "kill"; readonly victim: Victim }
  | { readonly kind: "cut" | "slow" | "silence"; readonly wire: WireName };

const victims: readonly Victim[] = ["order", "product", "outbox-relay", "postgres", "redis", "nats"];
const wires: readonly WireName[] = ["gateway-order", "order-product", "order-postgres", "product-postgres", "relay-nats", "product-nats"];
const everyFault: readonly RandomFault[] = [
  ...victims.map((victim) => ({ kind: "kill", victim }) as const),
  ...wires.flatMap((wire) => (["cut", "slow", "silence"] as const).map((kind) => ({ kind, wire }))),
];

/** How many different faults there are. */
export const faultKinds = everyFault.length;

/** `count` faults in an order that chance decides: none comes again before all have come. */
export function drawFaults(count: number, random: () => number): RandomFault[] {
  const drawn: RandomFault[] = [];
  while (drawn.length < count) drawn.push(...shuffle(everyFault, random));
  return drawn.slice(0, count);
}

/** `count` of the points in an order that chance decides, all where there are fewer. */
export function drawPoints(count: number, random: () => number): Point[] {
  return shuffle(points, random).slice(0, count);
}

function shuffle<T>(from: readonly T[], random: () => number): T[] {
  const left = [...from];
  return from.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}
