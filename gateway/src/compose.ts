/** The gateway for whoever hosts it: the app, without a listener. */
export { createGatewayApp, type GatewayAdapters } from "./app.ts";
