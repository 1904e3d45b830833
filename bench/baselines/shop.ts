import Fastify from "fastify";

/** One order of one item. */
export interface WantedOrder {
  readonly userId: string;
  readonly itemId: string;
  readonly quantity: number;
  readonly key: string;
}

/** The id of the order, or (undefined) sold out. Throws where it is not known. */
export type PlaceOrder = (order: WantedOrder) => Promise<string | undefined>;

const body = {
  type: "object",
  required: ["userId", "itemId", "quantity"],
  properties: {
    userId: { type: "string", minLength: 36, maxLength: 36 },
    itemId: { type: "string", minLength: 1, maxLength: 64 },
    quantity: { type: "integer", minimum: 1, maximum: 100 },
  },
} as const;

const answer = { 201: { type: "object", properties: { orderId: { type: "string" }, state: { type: "string" } } } } as const;

/** POST /orders, as a team would write it with Fastify: schemas for request and answer, no logging per request. */
export async function serveShop(port: number, placeOrder: PlaceOrder): Promise<void> {
  const app = Fastify({ logger: false });
  app.get("/readyz", () => ({ ok: true }));
  app.post<{ Body: Omit<WantedOrder, "key"> }>("/orders", { schema: { body, response: answer } }, async (request, reply) => {
    const key = request.headers["idempotency-key"];
    if (typeof key !== "string") return reply.code(400).send({ reason: "IDEMPOTENCY_KEY_MISSING" });
    const orderId = await placeOrder({ ...request.body, key });
    return orderId === undefined ? reply.code(409).send({ reason: "SOLD_OUT" }) : reply.code(201).send({ orderId, state: "PENDING_PAYMENT" });
  });
  await app.listen({ host: "127.0.0.1", port });
}
