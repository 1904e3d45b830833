import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "pino";

/** Whether the connection to the server is there. */
export interface Link {
  /** Rejects once it is lost, also while it is away. `release` when nobody waits for it any more. */
  untilLost(): { readonly lost: Promise<never>; release(): void };
  /** Resolves as soon as the connection is there. Rejects after `timeoutMs`. */
  restored(timeoutMs: number): Promise<void>;
}

/** Watches the connection and logs when it is lost and restored. */
export function createLink(connection: NatsConnection, log: Logger): Link {
  const waiting = new Set<(reason: Error) => void>();
  let up = Promise.resolve();
  let restore: (() => void) | undefined;
  const lose = (): void => {
    if (restore !== undefined) return;
    const next = Promise.withResolvers<void>();
    [up, restore] = [next.promise, next.resolve];
    for (const reject of waiting) reject(connectionLost());
    waiting.clear();
  };
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === "error") log.warn({ err: status.error }, "event bus: error");
      if (status.type !== "disconnect" && status.type !== "reconnect") continue;
      log.warn({ server: status.server }, `event bus: ${status.type}`);
      if (status.type === "disconnect") lose();
      else {
        restore?.();
        restore = undefined;
      }
    }
  })();
  return {
    untilLost() {
      const { promise, reject } = Promise.withResolvers<never>();
      promise.catch(() => undefined);
      if (restore === undefined) waiting.add(reject);
      else reject(connectionLost());
      return { lost: promise, release: () => void waiting.delete(reject) };
    },
    async restored(timeoutMs) {
      if (restore === undefined) return;
      const { promise, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(connectionLost()), timeoutMs);
      await Promise.race([up, promise]).finally(() => clearTimeout(timer));
    },
  };
}

function connectionLost(): Error {
  return new Error("the connection to the event bus is lost");
}
