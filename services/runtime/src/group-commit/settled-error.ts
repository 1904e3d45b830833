import type { ConnectError } from "@connectrpc/connect";
import { ErrorReason, reasonError } from "../errors/index.ts";
import type { Settled } from "./group-commit.ts";

/** How long a caller waits who was turned away by a process that stops, in milliseconds: another one answers him then. */
const afterStopMs = 200;

/**
 * What a caller is told about an item that was not done for want of a place, of time, or of a process. The causes of `failed`
 * and `unknown` are the caller's to judge.
 */
export function settledError(settled: Extract<Settled<unknown>, { kind: "overloaded" | "aborted" | "stopped" }>): unknown {
  switch (settled.kind) {
    case "overloaded":
      return overloaded(settled.retryAfterMs);
    case "aborted":
      return settled.reason;
    case "stopped":
      return reasonError(ErrorReason.SERVICE_UNAVAILABLE, "The server is stopping. Try again.", { retryAfterMs: afterStopMs });
  }
}

function overloaded(retryAfterMs: number): ConnectError {
  return reasonError(ErrorReason.OVERLOADED, "Too many calls are waiting. Nothing was done. Try again later.", { retryAfterMs });
}
