import { createRequire } from "node:module";
import { dirname } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { createContractDocument } from "../contract-document.ts";

const assets = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

const initializer = `window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    persistAuthorization: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    layout: "StandaloneLayout",
  });
};
`;

/** `/openapi.json`, made from the contract, and a page to browse and try it at `/docs`. */
export async function registerDocs(app: FastifyInstance): Promise<void> {
  const document = JSON.stringify(createContractDocument());
  app.get("/openapi.json", (_request, reply) => reply.type("application/json; charset=utf-8").send(document));
  app.get("/docs", (_request, reply) => reply.redirect("/docs/"));
  app.get("/docs/swagger-initializer.js", (_request, reply) => reply.type("text/javascript; charset=utf-8").send(initializer));
  await app.register(fastifyStatic, { root: assets, prefix: "/docs/", index: ["index.html"], decorateReply: false });
}
