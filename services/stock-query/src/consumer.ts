import type { EventBus, EventHandler, SubscribeOptions, Subscription } from "@flashdeal/runtime/events";
import type { Background } from "@flashdeal/runtime/lifecycle";

/** A subscription as background work: `start` subscribes, `drain` finishes the batch that is being handled. */
export function createConsumer(eventBus: EventBus, options: SubscribeOptions, handler: EventHandler): Background {
  let subscription: Subscription | undefined;
  return {
    name: options.durable,
    async start() {
      subscription = await eventBus.subscribe(options, handler);
    },
    async drain() {
      await subscription?.drain();
    },
  };
}
