import { CommitOutcomeUnknownError, isConnectionError } from "@flashdeal/runtime/database";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";

type Handler = (request: never, context: never) => unknown;

const retryAfterMs = 200;

/** The same handlers; where the database cannot be reached, the caller is told to come again. Other faults are thrown on. */
export function withStoreErrors<Handlers extends Readonly<Record<string, Handler>>>(handlers: Handlers): Handlers {
  const guarded = Object.entries(handlers).map(([name, handler]): [string, Handler] => [
    name,
    async (request, context) => {
      try {
        return await handler(request, context);
      } catch (cause) {
        if (!isConnectionError(cause) && !(cause instanceof CommitOutcomeUnknownError)) throw cause;
        const message = "The database cannot be reached now. Retry with the same ids.";
        throw reasonError(ErrorReason.SERVICE_UNAVAILABLE, message, { cause, retryAfterMs });
      }
    },
  ]);
  return Object.fromEntries(guarded) as Handlers;
}
