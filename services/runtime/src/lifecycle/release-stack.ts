/** Something to give back when a process or a test ends. */
export interface Release {
  readonly name: string;
  run(): Promise<void> | void;
}

/** What was acquired, released in reverse order, once. */
export interface ReleaseStack {
  /** Remembers how to give back what was just acquired. Throws once the stack has been released. */
  push(name: string, run: () => Promise<void> | void): void;
  /**
   * Releases everything, the last first, awaiting each, under one deadline. What is not done by then is left behind with an
   * error, and the rest still gets a moment each. Answers every error. A second call answers the same.
   */
  release(): Promise<readonly Error[]>;
}

/** `timeoutMs` is the deadline of the whole release. */
export function createReleaseStack(timeoutMs: number): ReleaseStack {
  const releases: Release[] = [];
  let released: Promise<readonly Error[]> | undefined;
  return {
    push(name, run) {
      if (released !== undefined) throw new Error(`${name} was acquired after the release began`);
      releases.push({ name, run });
    },
    release: () => (released ??= releaseAll(releases.toReversed(), timeoutMs)),
  };
}

/** What a release gets that is reached after the deadline. */
const lateReleaseMs = 50;

async function releaseAll(releases: readonly Release[], timeoutMs: number): Promise<readonly Error[]> {
  const failures: Error[] = [];
  const deadlineMs = performance.now() + timeoutMs;
  for (const { name, run } of releases) {
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), Math.max(lateReleaseMs, deadlineMs - performance.now()));
    try {
      const outcome = await Promise.race([runRelease(run), late.promise]);
      if (outcome === "late") failures.push(new Error(`${name} did not stop within ${timeoutMs} ms`));
    } catch (cause) {
      failures.push(new Error(`${name} did not stop cleanly`, { cause }));
    } finally {
      clearTimeout(timer);
    }
  }
  return failures;
}

async function runRelease(run: () => Promise<void> | void): Promise<void> {
  await run();
}

/**
 * Builds something out of parts that have to be released: where `build` throws half-way, what it had acquired is released,
 * and the error goes on.
 */
export async function withReleaseStack<T>(timeoutMs: number, build: (stack: ReleaseStack) => Promise<T>): Promise<{ readonly value: T; readonly stack: ReleaseStack }> {
  const stack = createReleaseStack(timeoutMs);
  try {
    return { value: await build(stack), stack };
  } catch (error) {
    await stack.release();
    throw error;
  }
}
