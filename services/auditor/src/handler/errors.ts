import type { ConnectError } from "@connectrpc/connect";
import { CommitOutcomeUnknownError, isConnectionError } from "@flashdeal/runtime/database";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";

type Handler = (request: never, context: never) => unknown;

/** No audit has the id. */
export function auditNotFound(): ConnectError {
  return reasonError(ErrorReason.AUDIT_NOT_FOUND, "No audit has this id.");
}

/** The audit has no such violation. */
export function violationNotFound(): ConnectError {
  return reasonError(ErrorReason.VIOLATION_NOT_FOUND, "The audit has no violation with this id.");
}

/** The repair could put units on sale. */
export function repairUnsafe(description: string): ConnectError {
  return reasonError(ErrorReason.REPAIR_UNSAFE, `Not repaired: ${description}.`);
}

/** The key was used for a call with another payload. */
export function requestIdReused(): ConnectError {
  return reasonError(ErrorReason.REQUEST_ID_REUSED, "This request_id was used for a call with another payload.");
}

/** The page token is none that this list has made. */
export function pageTokenInvalid(): ConnectError {
  return reasonError(ErrorReason.PAGE_TOKEN_INVALID, "Use next_page_token of the previous answer, or none for the first page.", {
    violations: [{ field: "page_token", description: "must be next_page_token of a previous answer to the same request" }],
  });
}

/** As many audits wait as may. */
export function overloaded(): ConnectError {
  return reasonError(ErrorReason.OVERLOADED, "Too many audits wait for their turn.", { retryAfterMs: 10_000 });
}

/** The same handlers; where the database cannot be reached, the caller is told to come again. Other faults are thrown on. */
export function withStoreErrors<Handlers extends Readonly<Record<string, Handler>>>(handlers: Handlers): Handlers {
  const guarded = Object.entries(handlers).map(([name, handler]): [string, Handler] => [
    name,
    async (request, context) => {
      try {
        return await handler(request, context);
      } catch (cause) {
        if (!isConnectionError(cause) && !(cause instanceof CommitOutcomeUnknownError)) throw cause;
        throw reasonError(ErrorReason.SERVICE_UNAVAILABLE, "The database cannot be reached now. Retry with the same request_id.", { cause, retryAfterMs: 200 });
      }
    },
  ]);
  return Object.fromEntries(guarded) as Handlers;
}
