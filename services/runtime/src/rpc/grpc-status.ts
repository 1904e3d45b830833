import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { StatusSchema } from "@flashdeal/proto/google/rpc/status_pb";
import { ErrorReason, reasonError, withErrorInfo } from "../errors/index.ts";
import { addHeaders, headersFromMetadata } from "./metadata.ts";

const detailsKey = "grpc-status-details-bin";

/** A gRPC status as grpc-js sends it. */
export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** The status, with `grpc-status-details-bin`, that carries an error over gRPC. `trailer` travels along. */
export function statusFromError(error: ConnectError, trailer?: Headers): GrpcStatus {
  const metadata = new Metadata();
  // An error that came over the wire keeps its details, but not the headers of the call that it came from.
  if (!error.isWireError) addHeaders(metadata, error.metadata);
  if (trailer !== undefined) addHeaders(metadata, trailer);
  const status = create(StatusSchema, {
    code: error.code,
    message: error.rawMessage,
    details: error.details.map((detail) =>
      "desc" in detail
        ? anyPack(detail.desc, create(detail.desc, detail.value))
        : { typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value },
    ),
  });
  metadata.set(detailsKey, Buffer.from(toBinary(StatusSchema, status)));
  return { code: error.code, details: error.rawMessage.toWellFormed(), metadata };
}

/** The rpc error that a grpc-js client was answered with, its details decoded, and always with one ErrorInfo. */
export function errorFromStatus(failure: ServiceError, address: string): ConnectError {
  const [bytes] = failure.metadata?.get(detailsKey) ?? [];
  const code = failure.code in Code ? (failure.code as number as Code) : Code.Internal;
  if (bytes === undefined && code === Code.Unavailable) {
    // Not from the server: grpc-js could not reach it. Its text names addresses, which stay in the cause.
    return reasonError(ErrorReason.SERVICE_UNAVAILABLE, "A service that the call needs cannot be reached now.", {
      cause: new Error(`${address}: ${failure.details}`, { cause: failure }),
    });
  }
  const error = new ConnectError(failure.details, code, headersFromMetadata(failure.metadata), undefined, failure);
  error.isWireError = true;
  if (bytes !== undefined) decodeDetails(error, bytes);
  return withErrorInfo(error);
}

function decodeDetails(error: ConnectError, bytes: string | Buffer): void {
  try {
    const status = fromBinary(StatusSchema, typeof bytes === "string" ? Buffer.from(bytes, "base64") : bytes);
    error.details = status.details.map((any) => ({
      type: any.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1),
      value: any.value,
    }));
  } catch {
    // Undecodable details leave the code and the message, which stand on their own.
  }
}
