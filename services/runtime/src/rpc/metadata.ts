import { Metadata } from "@grpc/grpc-js";

/** gRPC metadata as `Headers`; binary values (`-bin`) are base64 as they travel. */
export function headersFromMetadata(metadata: Metadata): Headers {
  const headers = new Headers();
  for (const key of Object.keys(metadata.getMap())) {
    for (const value of metadata.get(key)) {
      headers.append(key, typeof value === "string" ? value : value.toString("base64"));
    }
  }
  return headers;
}

const headerNamesOfTheProtocol: ReadonlySet<string> = new Set([
  "content-type",
  "content-length",
  "te",
  "user-agent",
  "grpc-timeout",
  "grpc-encoding",
  "grpc-accept-encoding",
  "grpc-status",
  "grpc-message",
  "grpc-status-details-bin",
  "connection",
  "transfer-encoding",
  "host",
]);

/** Adds headers to gRPC metadata, leaving out those that belong to the protocol itself. */
export function addHeaders(metadata: Metadata, headers: Headers): Metadata {
  headers.forEach((value, key) => {
    if (headerNamesOfTheProtocol.has(key)) return;
    metadata.add(key, key.endsWith("-bin") ? Buffer.from(value, "base64") : value);
  });
  return metadata;
}

/** Headers as gRPC metadata; undefined where there is nothing to send. */
export function metadataFromHeaders(headers: Headers | undefined): Metadata | undefined {
  return headers === undefined ? undefined : addHeaders(new Metadata(), headers);
}
