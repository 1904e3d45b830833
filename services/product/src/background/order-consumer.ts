import type { EventBus, EventHandler, Subscription } from "@flashdeal/runtime/events";
import type { Background } from "@flashdeal/runtime/lifecycle";

/** Subscribes to what happens to orders. Processes share the durable, so each event is handled by one of them. */
export function createOrderConsumer(eventBus: EventBus, handler: EventHandler): Background {
  let subscription: Subscription | undefined;
  return {
    name: "order-consumer",
    async start() {
      subscription = await eventBus.subscribe({ durable: "product-orders", subjects: ["flashdeal.order.v1.>"] }, handler);
    },
    async drain() {
      await subscription?.drain();
    },
  };
}
