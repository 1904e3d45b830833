import { readFile } from "node:fs/promises";

/** Certificates of a server or a client, in PEM. */
export interface TlsOptions {
  /** This side's certificate chain. A client without one is not known to a server that asks for certificates. */
  readonly cert?: Buffer;
  /** The key of `cert`. */
  readonly key?: Buffer;
  /**
   * On a client, the authorities that it trusts (default: the system's). On a server, the authorities whose client
   * certificates it demands: mutual TLS. A server without it takes any client.
   */
  readonly ca?: Buffer;
  /**
   * On a client, the one certificate that the server may show, whoever issued it to whatever name; `ca` does not count then. For a
   * process that calls itself, by an address that its certificate may not have.
   */
  readonly pinnedCert?: Buffer;
}

/** Where the certificates stand. */
export interface TlsFiles {
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly caFile?: string;
}

/** Reads the certificates, or answers undefined where no file is named. Throws where one cannot be read. */
export async function readTls(files: TlsFiles): Promise<TlsOptions | undefined> {
  const { certFile, keyFile, caFile } = files;
  if (certFile === undefined && keyFile === undefined && caFile === undefined) return undefined;
  const [cert, key, ca] = await Promise.all([readOptional(certFile), readOptional(keyFile), readOptional(caFile)]);
  return { ...(cert && { cert }), ...(key && { key }), ...(ca && { ca }) };
}

async function readOptional(file: string | undefined): Promise<Buffer | undefined> {
  return file === undefined ? undefined : await readFile(file);
}
