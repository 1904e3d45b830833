import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findTool } from "@flashdeal/infra/tools";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { createGrpcTransport, type TlsOptions } from "@flashdeal/runtime/rpc";
import { runAllInOne, type RunningAllInOne } from "./testing/run-all-in-one.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const folder = mkdtempSync(join(tmpdir(), "flashdeal-embedded-tls-"));
const file = (name: string): string => join(folder, name);

const openssl = (...args: string[]): void => void execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });

function issue(name: string, usage: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", `${name}.key`, "-subj", `/CN=${name}`];
  if (name === "ca") {
    openssl("req", "-x509", ...key, "-out", "ca.crt", "-days", "2");
    return;
  }
  writeFileSync(file("ext"), `subjectAltName=DNS:shop.example\nextendedKeyUsage=${usage}`);
  openssl("req", ...key, "-out", `${name}.csr`);
  openssl("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out", `${name}.crt`, "-days", "2", "-extfile", "ext");
}

/** Of a process that serves under this certificate. */
const settings = (name: string): Record<string, string> => ({ GRPC_TLS_CERT_FILE: file(`${name}.crt`), GRPC_TLS_KEY_FILE: file(`${name}.key`) });
const withCa = (name: string): Record<string, string> => ({ ...settings(name), GRPC_TLS_CA_FILE: file("ca.crt") });

async function calls(port: number, tls?: TlsOptions): Promise<"answered" | "refused"> {
  const transport = createGrpcTransport({ address: `127.0.0.1:${port}`, defaultTimeoutMs: 2_000, ...(tls && { tls }) });
  const call = createClient(ProductService, transport).listDeals({ pageSize: 1 });
  return call.then(() => "answered" as const, () => "refused" as const).finally(() => transport.close());
}

describe.skipIf(!hasOpenssl)(`all-in-one - TLS${hasOpenssl ? "" : " (skipped: openssl is not on this machine)"}`, () => {
  let platform: RunningAllInOne | undefined;
  const run = async (name: string, environment: Record<string, string>): Promise<number> => {
    platform = runAllInOne({ DATA_FOLDER: file(name), ...environment });
    await platform.ready();
    return Number(/gRPC +127.0.0.1:(\d+)/.exec(platform.output())?.[1]);
  };

  beforeAll(() => {
    issue("ca", "");
    issue("both", "serverAuth,clientAuth");
    issue("server", "serverAuth");
  });
  afterAll(async () => {
    await platform?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("a certificate of its own name, and an order from the printed lines passes through it", async () => {
    const port = await run("plain", settings("server"));
    const pinnedCert = readFileSync(file("server.crt"));
    expect(await calls(port, { pinnedCert })).toBe("answered");
    expect(await calls(port, { pinnedCert: readFileSync(file("both.crt")) })).toBe("refused");
    expect(await calls(port, { ca: readFileSync(file("ca.crt")) })).toBe("refused");
    expect(await calls(port)).toBe("refused");
    const lines = platform?.output().split("\n").filter((line) => /^ {2}(\w+=\$\(curl|curl)/.test(line)) ?? [];
    expect(execFileSync("bash", ["-euo", "pipefail", "-c", lines.join("\n")], { encoding: "utf8" })).toContain('"onHand":"99"');
    await platform?.stop();
  }, 60_000);

  it("clients' certificates are demanded where an authority is named", async () => {
    const port = await run("mutual", withCa("both"));
    const pinnedCert = readFileSync(file("both.crt"));
    expect(await calls(port, { pinnedCert, cert: pinnedCert, key: readFileSync(file("both.key")) })).toBe("answered");
    expect(await calls(port, { pinnedCert })).toBe("refused");
    const line = /grpcurl -.* list/.exec(platform?.output() ?? "")?.[0] ?? "";
    const printed = execFileSync("bash", ["-ec", `grpcurl() { ${findTool("grpcurl") ?? "echo OrderService; :"} "$@"; }\n${line}`], { encoding: "utf8" });
    expect(printed).toContain("OrderService");
    await platform?.stop();
  }, 60_000);

  it.each([
    ["a certificate that is not for clients", () => withCa("server"), /cannot call itself over TLS/],
    ["the key of another certificate", () => ({ ...settings("both"), GRPC_TLS_KEY_FILE: file("server.key") }), /GRPC_TLS_KEY_FILE is not the key/],
    ["a certificate without its key", () => ({ GRPC_TLS_CERT_FILE: file("both.crt") }), /GRPC_TLS_CERT_FILE and GRPC_TLS_KEY_FILE/],
    ["an authority alone", () => ({ GRPC_TLS_CA_FILE: file("ca.crt") }), /GRPC_TLS_CERT_FILE and GRPC_TLS_KEY_FILE/],
    ["a file that is not there", () => ({ ...settings("both"), GRPC_TLS_CERT_FILE: file("nowhere.crt") }), /cannot be read.*nowhere/],
    ["a file that is no certificate", () => ({ ...settings("both"), GRPC_TLS_CERT_FILE: file("ext") }), /GRPC_TLS_CERT_FILE is not in PEM/],
  ])("the start is refused with %s", async (_name, environment, message) => {
    const refused = runAllInOne({ DATA_FOLDER: file("refused"), ...environment() });
    expect(await refused.exited()).toBe(1);
    expect(refused.output()).toMatch(message);
    expect(refused.output()).not.toContain("    at ");
  }, 60_000);
});
