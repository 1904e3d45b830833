import { fromBinary, toBinary, type DescMessage, type DescMethod, type MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { principalOf } from "@flashdeal/runtime/auth";
import { requestFingerprint, requestScope } from "@flashdeal/runtime/idempotency";
import type { Writer, WriteSession } from "../domain/ports.ts";
import { outcomeError } from "./errors.ts";

type WriteMethod<Input extends DescMessage, Output extends DescMessage> = DescMethod & { readonly input: Input; readonly output: Output };

/**
 * Runs a write in one transaction. With a `request_id` a repeated call gets the first answer. What `work` throws gives up the
 * transaction, and nothing is kept of it.
 */
export async function keyedWrite<Input extends DescMessage, Output extends DescMessage>(
  writer: Writer,
  method: WriteMethod<Input, Output>,
  request: MessageShape<Input> & { readonly requestId: string },
  context: HandlerContext,
  work: (session: WriteSession) => Promise<MessageShape<Output>>,
): Promise<MessageShape<Output>> {
  const codec = {
    encode: (answer: MessageShape<Output>) => toBinary(method.output, answer),
    decode: (bytes: Uint8Array) => fromBinary(method.output, bytes),
  };
  const { requestId } = request;
  const call =
    requestId === ""
      ? undefined
      : { scope: requestScope(principalOf(context), method), requestId, fingerprint: requestFingerprint(method.input, request) };
  const outcome = await writer.write(call, codec, work);
  if (outcome.kind !== "done") throw outcomeError(outcome);
  return outcome.answer;
}

/** Who calls, for the ledger: a user's id, or a service's name. */
export function actorOf(context: HandlerContext): string {
  const principal = principalOf(context);
  switch (principal.kind) {
    case "user":
      return principal.userId;
    case "service":
      return principal.name;
    case "anonymous":
      return "anonymous";
  }
}
