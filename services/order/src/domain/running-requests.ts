import type { RequestScope } from "./ports.ts";

/** One string per request. Request ids contain no blank. */
export function requestKey({ scope, requestId }: RequestScope): string {
  return `${scope} ${requestId}`;
}

/** Whether two fingerprints are of the same payload. */
export function sameFingerprint(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The requests that are running in this process. */
export interface RunningRequests {
  /** Marks a request as running until the answered function is called; undefined where it runs already. `key`: the same for the same request only. */
  begin(key: string): (() => void) | undefined;
}

/** Strings that come and go with each call. */
export interface Keys {
  /** False where it is there already. */
  add(key: string): boolean;
  delete(key: string): boolean;
}

/** Starts with those that are in `running`: none. */
export function createRunningRequests(running: Keys): RunningRequests {
  return {
    begin: (key) => (running.add(key) ? () => void running.delete(key) : undefined),
  };
}
