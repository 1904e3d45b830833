import type { FastifyInstance } from "fastify";

/** `/healthz`: the process is alive. `/readyz`: it can answer requests now, else 503. */
export function registerProbes(app: FastifyInstance, ready: () => boolean | Promise<boolean>): void {
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const isReady = await ready();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? "ready" : "not ready" });
  });
}
