import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { StatusSchema, type Status } from "@flashdeal/proto/google/rpc/status_pb";

/** The error as a `google.rpc.Status`: what gRPC sends as details, and what batch answers hold for a failed entry. */
export function statusFromError(error: ConnectError): Status {
  const details = error.details.map((detail) =>
    "desc" in detail
      ? anyPack(detail.desc, create(detail.desc, detail.value))
      : { typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value },
  );
  return create(StatusSchema, { code: error.code, message: error.rawMessage, details });
}

/** The error that a `google.rpc.Status` stands for. An unknown code becomes INTERNAL. */
export function errorFromStatus(status: Status): ConnectError {
  const error = new ConnectError(status.message, status.code in Code ? (status.code as Code) : Code.Internal);
  error.details = status.details.map(({ typeUrl, value }) => ({ type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value }));
  return error;
}
