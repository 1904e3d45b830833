import { CommitOutcomeUnknownError, isConnectionError } from "@flashdeal/runtime/database";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import type { ServiceRoutes } from "@flashdeal/runtime/rpc";

const retryAfterMs = 200;

/** What a caller is told about a fault of the store: a database that cannot be reached is worth a retry, the rest stays what it is. */
export function storeFault(cause: unknown): unknown {
  if (!isConnectionError(cause) && !(cause instanceof CommitOutcomeUnknownError)) return cause;
  return reasonError(ErrorReason.SERVICE_UNAVAILABLE, "The orders cannot be reached now. Retry with the same request_id.", { cause, retryAfterMs });
}

/** The same routes, whose handlers answer SERVICE_UNAVAILABLE while the database is away. */
export function withStoreFaults({ service, implementation }: ServiceRoutes): ServiceRoutes {
  const entries = Object.entries(implementation).map(([name, handler]) => [name, typeof handler === "function" ? guarded(handler) : handler]);
  return { service, implementation: Object.fromEntries(entries) as ServiceRoutes["implementation"] };
}

type Handler = (...args: never[]) => unknown;

function guarded(handler: Handler): Handler {
  return (...args) => {
    const answer = handler(...args);
    if (answer instanceof Promise) return answer.catch(throwStoreFault);
    return isStream(answer) ? guardedStream(answer) : answer;
  };
}

function throwStoreFault(error: unknown): never {
  throw storeFault(error);
}

function isStream(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === "object" && answer !== null && Symbol.asyncIterator in answer;
}

async function* guardedStream(messages: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    yield* messages;
  } catch (error) {
    throw storeFault(error);
  }
}
