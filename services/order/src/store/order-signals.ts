import type { Database } from "@flashdeal/runtime/database";
import type { OrderSignals } from "../domain/ports.ts";

/** Signals about orders, from this process at once and from others through the database. */
export interface OrderSignalHub extends OrderSignals {
  /** Wakes those who watch these orders in this process. */
  changed(orderIds: readonly string[]): void;
  /** Listens to the other processes. */
  start(): Promise<void>;
  drain(): Promise<void>;
}

/** `maxWatchers`: most watches in this process at once. */
export function createOrderSignals(database: Pick<Database, "listen">, maxWatchers: number): OrderSignalHub {
  const wakers = new Map<string, Set<() => void>>();
  let count = 0;
  let stopListening: (() => Promise<void>) | undefined;
  const changed = (orderIds: Iterable<string>) => {
    for (const orderId of orderIds) for (const wake of wakers.get(orderId) ?? []) wake();
  };
  return {
    changed,
    watch(orderId, wake) {
      if (count >= maxWatchers) return undefined;
      const set = wakers.get(orderId) ?? new Set();
      wakers.set(orderId, set.add(wake));
      count++;
      return () => {
        if (!set.delete(wake)) return;
        count--;
        if (set.size === 0 && wakers.get(orderId) === set) wakers.delete(orderId);
      };
    },
    async start() {
      // Without a payload notifications may have been missed: everybody looks again.
      stopListening = await database.listen("orders_changed", (payload) => changed(payload?.split(",") ?? wakers.keys()));
    },
    async drain() {
      await stopListening?.();
      stopListening = undefined;
    },
  };
}
