/** A queue whose reader takes what is there, and waits only where there is nothing. One reader at a time. */
export interface MessageQueue<T> {
  push(item: T): void;
  /** No more items will come. */
  end(): void;
  /** At most `limit` items as soon as there is one; none where the queue has ended and is empty. */
  take(limit: number): Promise<readonly T[]>;
}

export function createMessageQueue<T>(): MessageQueue<T> {
  const items: T[] = [];
  const state = { ended: false };
  let wake: (() => void) | undefined;
  return {
    push(item) {
      items.push(item);
      wake?.();
    },
    end() {
      state.ended = true;
      wake?.();
    },
    async take(limit) {
      while (items.length === 0 && !state.ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
      return items.splice(0, limit);
    },
  };
}
