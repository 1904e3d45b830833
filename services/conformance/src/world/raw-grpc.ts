import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { errorFromStatus } from "@flashdeal/runtime/errors";
import { fromBinary } from "@bufbuild/protobuf";
import { type Code, ConnectError } from "@connectrpc/connect";
import { StatusSchema } from "@flashdeal/proto/google/rpc/status_pb";
import { toFailure } from "../caller/grpc-caller.ts";
import type { Outcome } from "../caller/outcome.ts";

/** Sends bytes to any path of a gRPC server, as a unary call. */
export type RawGrpc = (address: string, path: string, bytes: Uint8Array, headers?: Readonly<Record<string, string>>) => Promise<Outcome<Uint8Array>>;

const same = (bytes: Buffer): Buffer => bytes;

/** Uses grpc-js alone, so that nothing is encoded or checked on the way out. */
export const rawGrpc: RawGrpc = (address, path, bytes, headers = {}) => {
  const client = new Client(address, credentials.createInsecure(), { "grpc.max_send_message_length": -1, "grpc.use_local_subchannel_pool": 1 });
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const { promise, resolve } = Promise.withResolvers<Outcome<Uint8Array>>();
  client.makeUnaryRequest(path, same, same, Buffer.from(bytes), metadata, { deadline: Date.now() + 15_000 }, (error, answer) => {
    client.close();
    resolve(error === null ? { ok: true, value: answer ?? new Uint8Array() } : toFailure(toConnectError(error)));
  });
  return promise;
};

function toConnectError(error: ServiceError): ConnectError {
  const [details] = error.metadata.get("grpc-status-details-bin");
  if (details instanceof Buffer) return errorFromStatus(fromBinary(StatusSchema, details));
  return new ConnectError(error.details, error.code as number as Code);
}
