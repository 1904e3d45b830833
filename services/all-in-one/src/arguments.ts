import { createCommand } from "@flashdeal/runtime/cli";

const settings: readonly (readonly [string, string])[] = [
  ["DATA_FOLDER", "database and secrets (default: .data)"],
  ["GATEWAY_HOST, GATEWAY_PORT", "REST (default: 127.0.0.1, 8080)"],
  ["GRPC_HOST, GRPC_PORT", "gRPC, all services (default: 127.0.0.1, 50051)"],
  ["HTTP_HOST, HTTP_PORT", "health and metrics (default: 127.0.0.1, 9090)"],
  ["ADMIN_EMAIL, ADMIN_PASSWORD", "the first admin"],
  ["LOG_LEVEL", "debug, info, warn or error (default: warn)"],
];

/** There are none but --help: settings come from the environment. Ends the process with 2 where there are others. */
export function readArguments(argv: readonly string[]): void {
  createCommand("npm start --", "Starts every service and the gateway in this process, with the database in a folder.")
    .addHelpText("after", `\nSettings come from the environment, for example GATEWAY_PORT=8081 npm start:\n${settings.map(([names, what]) => `  ${names.padEnd(28)} ${what}`).join("\n")}\nservices/all-in-one/README.md has all of them.`)
    .parse([...argv]);
}
