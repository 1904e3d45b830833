import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";

/** Lets browsers of the given origins call (`*`: all). Without origins nothing is answered to them. */
export async function registerCors(app: FastifyInstance, origins: string | undefined): Promise<void> {
  if (origins === undefined) {
    return;
  }
  await app.register(cors, {
    origin: origins === "*" ? "*" : origins.split(",").map((origin) => origin.trim()),
    methods: ["GET", "POST", "PATCH", "DELETE"],
    allowedHeaders: ["authorization", "content-type", "idempotency-key", "traceparent", "x-request-id"],
    exposedHeaders: ["x-request-id", "retry-after"],
    maxAge: 600,
  });
}
