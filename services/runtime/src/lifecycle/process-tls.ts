import { createPrivateKey, X509Certificate } from "node:crypto";
import { readTls, type TlsOptions } from "../rpc/index.ts";
import { StartError } from "./run-process.ts";
import type { ListenerConfig } from "./service-config.ts";

/** The settings that name certificates. */
export type TlsConfig = Pick<ListenerConfig, "grpcTlsCertFile" | "grpcTlsKeyFile" | "grpcTlsCaFile">;

/**
 * The certificates that the settings name; undefined: plain text. Throws a `StartError` that names the setting where a file cannot be
 * read, where key and certificate do not belong together, or where a server (not a mere client) has no certificate.
 */
export async function readProcessTls(config: TlsConfig, side: "server" | "client"): Promise<TlsOptions | undefined> {
  const { grpcTlsCertFile: certFile, grpcTlsKeyFile: keyFile, grpcTlsCaFile: caFile } = config;
  const isOneAlone = (certFile === undefined) !== (keyFile === undefined);
  if (isOneAlone || (side === "server" && caFile !== undefined && certFile === undefined)) {
    throw new StartError("GRPC_TLS_CERT_FILE and GRPC_TLS_KEY_FILE are needed both: a certificate and its key.");
  }
  const names = { ...(certFile && { certFile }), ...(keyFile && { keyFile }), ...(caFile && { caFile }) };
  const tls = await readTls(names).catch((error: unknown) => {
    throw new StartError(`A file of GRPC_TLS_CERT_FILE, GRPC_TLS_KEY_FILE, GRPC_TLS_CA_FILE cannot be read: ${textOf(error)}`, { cause: error });
  });
  if (tls?.cert !== undefined && tls.key !== undefined) {
    const certificate = parse("GRPC_TLS_CERT_FILE", () => new X509Certificate(tls.cert ?? ""));
    const key = parse("GRPC_TLS_KEY_FILE", () => createPrivateKey(tls.key ?? ""));
    if (!certificate.checkPrivateKey(key)) throw new StartError("GRPC_TLS_KEY_FILE is not the key of GRPC_TLS_CERT_FILE.");
  }
  if (tls?.ca !== undefined) parse("GRPC_TLS_CA_FILE", () => new X509Certificate(tls.ca ?? ""));
  return tls;
}

function parse<T>(setting: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new StartError(`${setting} is not in PEM: ${textOf(error)}`, { cause: error });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
