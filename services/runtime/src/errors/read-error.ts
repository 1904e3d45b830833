import { durationMs } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, type ErrorInfo } from "@flashdeal/proto/google/rpc/error_details_pb";
import type { FieldViolation } from "./reason-error.ts";

/** The `ErrorInfo` of an error, whether it was made here or came over the wire. */
export function errorInfoOf(error: unknown): ErrorInfo | undefined {
  return error instanceof ConnectError ? error.findDetails(ErrorInfoSchema)[0] : undefined;
}

/** The reason of an error (`SOLD_OUT`), or undefined where it is no rpc error or names none. */
export function reasonOf(error: unknown): string | undefined {
  return errorInfoOf(error)?.reason;
}

/** The metadata that travels with the reason; empty where there is none. */
export function reasonMetadataOf(error: unknown): Readonly<Record<string, string>> {
  return errorInfoOf(error)?.metadata ?? {};
}

/** What the error says about single fields of the request; empty for errors of another kind. */
export function violationsOf(error: unknown): readonly FieldViolation[] {
  if (!(error instanceof ConnectError)) return [];
  return error.findDetails(BadRequestSchema).flatMap((detail) => detail.fieldViolations);
}

/** How long to wait before a retry, in milliseconds, where the error says so. */
export function retryAfterMsOf(error: unknown): number | undefined {
  if (!(error instanceof ConnectError)) return undefined;
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return delay === undefined ? undefined : durationMs(delay);
}
