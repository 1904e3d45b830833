import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { StatusSchema } from "@flashdeal/proto/google/rpc/status_pb";
import { ErrorReason, errorFromStatus, reasonError, statusFromError, withErrorInfo } from "../errors/index.ts";
import { addHeaders, headersFromMetadata } from "./metadata.ts";

const detailsKey = "grpc-status-details-bin";

/** A gRPC status as grpc-js sends it. */
export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** The status, with `grpc-status-details-bin`, that carries an error over gRPC. `trailer` travels along. */
export function grpcStatus(error: ConnectError, trailer?: Headers): GrpcStatus {
  const metadata = new Metadata();
  // An error that came over the wire keeps its details, but not the headers of the call that it came from.
  if (!error.isWireError) addHeaders(metadata, error.metadata);
  if (trailer !== undefined) addHeaders(metadata, trailer);
  metadata.set(detailsKey, Buffer.from(toBinary(StatusSchema, statusFromError(error))));
  return { code: error.code, details: error.rawMessage.toWellFormed(), metadata };
}

/** Whether the failure came with details, as every failure that a server of ours sends does. */
export function hasDetails(failure: Pick<ServiceError, "metadata">): boolean {
  return (failure.metadata?.get(detailsKey).length ?? 0) > 0;
}

/** The rpc error that a grpc-js client was answered with, its details decoded, and always with one ErrorInfo. */
export function errorFromFailure(failure: ServiceError, address: string): ConnectError {
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
  error.details = decodeDetails(bytes);
  return withErrorInfo(error);
}

function decodeDetails(bytes: string | Buffer | undefined): ConnectError["details"] {
  if (bytes === undefined) return [];
  try {
    return errorFromStatus(fromBinary(StatusSchema, typeof bytes === "string" ? Buffer.from(bytes, "base64") : bytes)).details;
  } catch {
    // Undecodable details leave the code and the message, which stand on their own.
    return [];
  }
}
