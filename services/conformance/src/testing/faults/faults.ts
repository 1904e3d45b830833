import type { Direction } from "./wire.ts";

/** The processes that are killed. */
export type Victim = "order" | "product" | "outbox-relay" | "postgres" | "redis" | "nats";

/** The connections that are cut, slowed down or silenced: who calls whom. */
export type WireName = "order-product" | "order-postgres" | "product-postgres" | "relay-nats" | "product-nats";

/** A moment between two steps, seen on a wire: what was sent has not arrived when the victim dies. */
export interface Point {
  readonly name: string;
  readonly wire: WireName;
  readonly direction: Direction;
  readonly matches: (chunk: Buffer) => boolean;
  readonly victim: Victim;
}

const commit = Buffer.from("COMMIT\0");
const has = (text: string) => (chunk: Buffer) => chunk.includes(text);
/** A DATA frame of HTTP/2 with a message in it begins in this chunk: length over 5, type 0, on a client's stream (RFC 9113, section 4.1). */
const hasMessage = (chunk: Buffer): boolean => {
  for (let at = 0; at + 9 <= chunk.length; ) {
    const length = chunk.readUIntBE(at, 3);
    const stream = chunk.readUInt32BE(at + 5);
    if (chunk[at + 3] === 0 && length > 5 && stream % 2 === 1) return true;
    at += 9 + length;
  }
  return false;
};

/** Every moment between two steps of an order's way at which somebody else holds the truth. */
export const points: readonly Point[] = [
  { name: "order asked for the hold, product has not heard of it; order dies", wire: "order-product", direction: "request", matches: hasMessage, victim: "order" },
  { name: "order asked for the hold, product has not heard of it; product dies", wire: "order-product", direction: "request", matches: hasMessage, victim: "product" },
  { name: "product stored the hold, order has not heard of it; order dies", wire: "order-product", direction: "answer", matches: hasMessage, victim: "order" },
  { name: "product stored the hold, order has not heard of it; product dies", wire: "order-product", direction: "answer", matches: hasMessage, victim: "product" },
  { name: "order commits, Postgres has not heard of it; order dies", wire: "order-postgres", direction: "request", matches: (chunk) => chunk.includes(commit), victim: "order" },
  { name: "Postgres committed, order has not heard of it; order dies", wire: "order-postgres", direction: "answer", matches: (chunk) => chunk.includes(commit), victim: "order" },
  { name: "Postgres committed, order has not heard of it; Postgres dies", wire: "order-postgres", direction: "answer", matches: (chunk) => chunk.includes(commit), victim: "postgres" },
  { name: "product commits, Postgres has not heard of it; product dies", wire: "product-postgres", direction: "request", matches: (chunk) => chunk.includes(commit), victim: "product" },
  { name: "Postgres committed, product has not heard of it; product dies", wire: "product-postgres", direction: "answer", matches: (chunk) => chunk.includes(commit), victim: "product" },
  { name: "the relay published, NATS has not heard of it; the relay dies", wire: "relay-nats", direction: "request", matches: has("HPUB flashdeal."), victim: "outbox-relay" },
  { name: "NATS stored the event, the relay has not heard of it; the relay dies", wire: "relay-nats", direction: "answer", matches: has('"stream":"'), victim: "outbox-relay" },
  { name: "NATS delivered the event, product has not heard of it; product dies", wire: "product-nats", direction: "answer", matches: has("HMSG flashdeal."), victim: "product" },
  { name: "product acknowledged the event, NATS has not heard of it; NATS dies", wire: "product-nats", direction: "request", matches: has("PUB $JS.ACK."), victim: "nats" },
];

/** A fault that strikes at no moment in particular. */
export type RandomFault =
  | { readonly kind: "kill"; readonly victim: Victim }
  | { readonly kind: "cut" | "slow" | "silence"; readonly wire: WireName };

const victims: readonly Victim[] = ["order", "product", "outbox-relay", "postgres", "redis", "nats"];
const wires: readonly WireName[] = ["order-product", "order-postgres", "product-postgres", "relay-nats", "product-nats"];

/** Draws a fault; half of them are kills. */
export function drawFault(random: () => number): RandomFault {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  if (random() < 0.5) return { kind: "kill", victim: pick(victims) };
  return { kind: pick(["cut", "slow", "silence"] as const), wire: pick(wires) };
}
