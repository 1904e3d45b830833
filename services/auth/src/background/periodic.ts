import type { Background } from "@flashdeal/runtime/lifecycle";

/** Work that is done again and again. */
export interface PeriodicOptions {
  readonly name: string;
  /** Pause after each pass. Up to a tenth is added at random, so that processes started together drift apart. */
  readonly intervalMs: number;
  /** One pass. Its failure is told to `onError`, and the next pass comes as usual. */
  readonly run: () => Promise<unknown>;
  readonly onError: (error: unknown) => void;
}

/** A background task that runs one pass at the start, which must succeed, and then one after each pause. */
export function createPeriodic(options: PeriodicOptions): Background {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let drained = false;

  const schedule = (): void => {
    if (drained) return;
    timer = setTimeout(() => (running = pass()), options.intervalMs * (1 + Math.random() / 10));
  };
  const pass = async (): Promise<void> => {
    try {
      await options.run();
    } catch (error) {
      options.onError(error);
    }
    schedule();
  };
  return {
    name: options.name,
    start: async () => {
      await options.run();
      schedule();
    },
    drain: async () => {
      drained = true;
      clearTimeout(timer);
      await running;
    },
  };
}
