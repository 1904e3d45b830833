import { isSettled } from "./order-state.ts";
import type { Order } from "./order.ts";
import type { OrderSignals, OrderStore } from "./ports.ts";

/** What WatchOrder works with. */
export interface WatchOrderContext {
  readonly store: OrderStore;
  readonly signals: OrderSignals;
  /** Longest time between two looks, in milliseconds, should a signal get lost. */
  readonly pollIntervalMs: number;
}

/**
 * The order as it is, then at each change, until nothing of it can change any more (also its refund) or `signal` aborts.
 * Changes that follow closely may come as one. Undefined where too many watch already.
 */
export function watchOrder(context: WatchOrderContext, order: Order, signal: AbortSignal): AsyncGenerator<Order> | undefined {
  const alarm = createAlarm(signal);
  const stop = context.signals.watch(order.orderId, alarm.ring);
  return stop && watch(context, order, signal, alarm, stop);
}

async function* watch(context: WatchOrderContext, first: Order, signal: AbortSignal, alarm: Alarm, stop: () => void): AsyncGenerator<Order> {
  try {
    let shown = first;
    yield shown;
    while (!isSettled(shown.state, shown.paymentState) && !signal.aborted) {
      const current = await context.store.getOrder(first.orderId);
      if (current !== undefined && current.version > shown.version) {
        shown = current;
        yield shown;
      } else {
        await alarm.wait(context.pollIntervalMs);
      }
    }
  } finally {
    stop();
  }
}

interface Alarm {
  ring(): void;
  /** Resolves at the next ring, or at once if it rang since the last wait, or after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void>;
}

function createAlarm(signal: AbortSignal): Alarm {
  let rang = false;
  let wake: (() => void) | undefined;
  const ring = () => {
    rang = true;
    wake?.();
  };
  return {
    ring,
    async wait(timeoutMs) {
      if (!rang && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          signal.addEventListener("abort", ring, { once: true });
        });
        signal.removeEventListener("abort", ring);
      }
      rang = false;
      wake = undefined;
    },
  };
}
