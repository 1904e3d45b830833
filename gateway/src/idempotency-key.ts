import { ScalarType, type DescField, type DescMethod, type Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";

const fieldOf = new WeakMap<DescMethod, DescField | null>();

/**
 * Puts the header `Idempotency-Key` into the request's `request_id`. Methods without that field ignore the header, as reads
 * do. Throws INVALID_INPUT where the body names another id.
 */
export function applyIdempotencyKey(method: DescMethod, request: Message, header: string | string[] | undefined): void {
  if (header === undefined) {
    return;
  }
  const field = requestIdField(method);
  if (field === null) {
    return;
  }
  const key = Array.isArray(header) ? header.join(",") : header;
  const message = reflect(method.input, request);
  const stated = message.get(field);
  if (stated !== "" && stated !== key) {
    throw reasonError(ErrorReason.INVALID_INPUT, "The header Idempotency-Key and the body's request_id differ.", {
      violations: [{ field: "request_id", description: "Leave it out of the body where the header Idempotency-Key is sent." }],
    });
  }
  message.set(field, key);
}

function requestIdField(method: DescMethod): DescField | null {
  const known = fieldOf.get(method);
  if (known !== undefined) {
    return known;
  }
  const field = method.input.field["requestId"];
  const found = field?.fieldKind === "scalar" && field.scalar === ScalarType.STRING ? field : null;
  fieldOf.set(method, found);
  return found;
}
