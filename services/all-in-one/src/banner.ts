import { reachableHost } from "@flashdeal/runtime/lifecycle";
import { demoAdmin, type AllInOneConfig } from "./config.ts";
import type { AllInOnePorts } from "./start.ts";

/** What to try next: shell lines that work as they are printed, one after the other, in one shell. */
export function exampleLines(rest: string, admin: { readonly email: string; readonly password: string }): readonly string[] {
  const json = "-H 'content-type: application/json'";
  const login = (email: string, password: string) =>
    `curl -s ${rest}/v1/auth/login ${json} -d '{"email":"${email}","password":"${password}"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/'`;
  return [
    `ADMIN=$(${login(admin.email, admin.password)})`,
    `PRODUCT=$(curl -s ${rest}/v1/products -H "authorization: Bearer $ADMIN" ${json} -d '{"vendorItemId":"SNEAKER-'$$'","name":"Sneaker","price":{"currencyCode":"USD","units":"180"}}' | sed 's/.*"productId":"\\([^"]*\\)".*/\\1/')`,
    `curl -s ${rest}/v1/stocks/SNEAKER-$$/ICN1:receive -H "authorization: Bearer $ADMIN" ${json} -d '{"quantity":"100"}'`,
    `DEAL=$(curl -s ${rest}/v1/deals -H "authorization: Bearer $ADMIN" ${json} -d '{"productId":"'$PRODUCT'","fulfillmentCenterId":"ICN1","dealPrice":{"currencyCode":"USD","units":"90"},"endTime":"2099-01-01T00:00:00Z","perUserLimit":"1"}' | sed 's/.*"dealId":"\\([^"]*\\)".*/\\1/')`,
    `curl -s ${rest}/v1/auth/signup ${json} -d '{"email":"buyer-'$$'@flashdeal.example","password":"correct-horse"}'`,
    `BUYER=$(${login("buyer-'$$'@flashdeal.example", "correct-horse")})`,
    `ORDER=$(curl -s ${rest}/v1/orders -H "authorization: Bearer $BUYER" -H "idempotency-key: first-$$" ${json} -d '{"lines":[{"dealId":"'$DEAL'","quantity":"1"}]}' | sed 's/.*"orderId":"\\([^"]*\\)".*/\\1/')`,
    `curl -s ${rest}/v1/orders/$ORDER:pay -H "authorization: Bearer $BUYER" -H "idempotency-key: pay-$$" ${json} -d '{"paymentToken":"sandbox-ok"}'`,
    `curl -s ${rest}/v1/stocks/SNEAKER-$$/ICN1`,
  ];
}

/** What the process says when it is up. */
export function banner(config: AllInOneConfig, ports: AllInOnePorts, readyMs: number): string {
  const rest = `http://${reachableHost(config.gateway.host)}:${ports.gatewayPort}`;
  const grpc = `${reachableHost(config.process.grpcHost)}:${ports.grpcPort}`;
  const isDefault = rest === "http://127.0.0.1:8080";
  const isDemo = config.auth.adminEmail === demoAdmin.email && config.auth.adminPassword === demoAdmin.password;
  const admin = isDemo ? demoAdmin : { email: config.auth.adminEmail ?? "", password: "<ADMIN_PASSWORD>" };
  return [
    "",
    `Flash Deal is ready after ${(readyMs / 1_000).toFixed(1)} s. Its data is in ${config.dataFolder}.`,
    "",
    `  REST     ${rest}        docs     ${rest}/docs`,
    `  gRPC     ${grpc}             metrics  http://${reachableHost(config.process.httpHost)}:${ports.httpPort}/metrics`,
    `  admin    ${admin.email} / ${admin.password}${isDemo ? "   (demo: set ADMIN_EMAIL and ADMIN_PASSWORD for anything else)" : ""}`,
    "",
    "Try in another shell:",
    "",
    `${`  npm run sale${isDefault ? "" : ` -- --url ${rest}`}`.padEnd(46)}# 1,000 buyers rush 100 units, then everything is counted`,
    `  grpcurl ${grpcurlOptions(config.process)} ${grpc} list   # every service, by reflection`,
    "",
    "Or step by step, from an empty shop to a paid order:",
    "",
    ...exampleLines(rest, admin).map((line) => `  ${line}`),
    "",
    "Stop with Ctrl-C; a second one stops at once.",
    "",
  ].join("\n");
}

/** The certificate need not have this address, so the line does not ask for it; where clients need one, that of the server will do. */
function grpcurlOptions({ grpcTlsCertFile, grpcTlsKeyFile, grpcTlsCaFile }: AllInOneConfig["process"]): string {
  if (grpcTlsCertFile === undefined) return "-plaintext";
  return grpcTlsCaFile === undefined ? "-insecure" : `-insecure -cert '${grpcTlsCertFile}' -key '${grpcTlsKeyFile}'`;
}
