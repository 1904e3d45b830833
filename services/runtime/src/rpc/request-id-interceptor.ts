import { RequestIdPolicy } from "@flashdeal/proto/flashdeal/options/v1/options_pb";
import { ErrorReason, reasonError } from "../errors/index.ts";
import { guard, type ServerInterceptor } from "./interceptor.ts";
import { methodPolicy } from "./method-policy.ts";

/** Refuses a call without `request_id` with REQUEST_ID_REQUIRED, where the contract demands one. */
export function createRequestIdInterceptor(): ServerInterceptor {
  return guard((method) => {
    if (methodPolicy(method).requestId !== RequestIdPolicy.REQUIRED) return undefined;
    const field = method.input.fields.find((candidate) => candidate.name === "request_id");
    if (field === undefined) throw new Error(`${method.parent.typeName}/${method.name} demands a request_id, but its request has no such field`);
    const { localName } = field;
    return (request) => {
      if ((request as unknown as Record<string, unknown>)[localName] !== "") return;
      throw reasonError(ErrorReason.REQUEST_ID_REQUIRED, "Send a request_id (REST: the header Idempotency-Key), for example a UUID, and repeat it when you retry.", {
        violations: [{ field: "request_id", description: "is required" }],
      });
    };
  });
}
