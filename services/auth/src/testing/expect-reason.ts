import { reasonOf, violationsOf } from "@flashdeal/runtime/errors";
import { ConnectError } from "@connectrpc/connect";

/** The error that a call failed with. Throws where it succeeded. */
export async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error("the call succeeded");
}

/** The reason that a call failed with. Throws where it succeeded. */
export async function reasonOfFailure(call: Promise<unknown>): Promise<string | undefined> {
  return reasonOf(await failureOf(call));
}

/** The fields that a call was refused for. Throws where it succeeded. */
export async function fieldsOfFailure(call: Promise<unknown>): Promise<readonly string[]> {
  return violationsOf(await failureOf(call)).map(({ field }) => field);
}
