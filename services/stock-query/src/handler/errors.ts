import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import { StoreUnavailableError } from "../domain/ports.ts";
import { keyText, type StockKey } from "../domain/stock-state.ts";

/** No stock was ever announced for the key. */
export function stockNotFound(key: StockKey): Error {
  return reasonError(ErrorReason.STOCK_NOT_FOUND, `No stock was ever received for ${keyText(key)}.`);
}

/** As many readers watch as this process takes. */
export function tooManyWatchers(): Error {
  return reasonError(ErrorReason.OVERLOADED, "Too many readers are watching.", { retryAfterMs: 1_000 });
}

/** Awaits work on the read model; where that is away, whoever asked is told to come again. */
export async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    throw reasonError(ErrorReason.SERVICE_UNAVAILABLE, "The read model is not reachable.", { retryAfterMs: 1_000, cause: error });
  }
}
