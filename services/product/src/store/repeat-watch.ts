/** Whether the ids that are asked for may be known already. */
export interface RepeatWatch {
  areExpected(): boolean;
  /** One was met, or somebody was refused, who may come again. */
  expect(): void;
}

/** How long after the last one more of them are expected, in milliseconds. */
const expectedForMs = 10_000;

/**
 * Nearly all ids are new, and the insert of one that is not fails; so looking for each of them first, a twentieth of what a hold costs Postgres, is for times at which
 * callers come again. `nowMs`: a clock that never goes back. Default: the process's.
 */
export function createRepeatWatch(nowMs: () => number = () => performance.now()): RepeatWatch {
  let untilMs = -Infinity;
  return {
    areExpected: () => nowMs() < untilMs,
    expect() {
      untilMs = nowMs() + expectedForMs;
    },
  };
}
