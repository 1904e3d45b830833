import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { array, asyncProperty, assert, boolean, integer, record } from "fast-check";
import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { createGroupCommit, type GroupCommit, type GroupCommitOptions, type Settled, type Turn } from "./group-commit.ts";
import { createBatchMetrics } from "./metrics.ts";

interface Harness {
  readonly commit: GroupCommit<number, string>;
  /** Items of each run, in the order in which they began. */
  readonly runs: (readonly number[])[];
  /** Ends the oldest run that is under way. */
  finish(error?: Error): Promise<void>;
  readonly maxAtOnce: () => number;
}

class ItemError extends Error {}

/** Runs end when the test says so. */
function createHarness(options: Partial<GroupCommitOptions<number, string>> = {}): Harness {
  const runs: (readonly number[])[] = [];
  const open: PromiseWithResolvers<readonly string[]>[] = [];
  let most = 0;
  const commit = createGroupCommit<number, string>({
    name: "test",
    maxBatchSize: 3,
    maxQueued: 10,
    isItemFault: (error) => error instanceof ItemError,
    run(items) {
      runs.push(items);
      const run = Promise.withResolvers<readonly string[]>();
      open.push(run);
      most = Math.max(most, open.length);
      return run.promise.then(() => items.map((item) => `done ${item}`));
    },
    ...options,
  });
  return {
    commit,
    runs,
    maxAtOnce: () => most,
    async finish(error) {
      const run = open.shift();
      if (error === undefined) run?.resolve([]);
      else run?.reject(error);
      await turn();
    },
  };
}

const done = (item: number): Settled<string> => ({ kind: "done", outcome: `done ${item}` });

describe("group commit - batches", () => {
  it("what comes in one turn leaves together and at once; what comes later gathers until the batch is done", async () => {
    const { commit, runs, finish } = createHarness();
    const first = [commit.submit(1), commit.submit(2)];
    await turn();
    expect(runs).toEqual([[1, 2]]);
    const second = [commit.submit(3), commit.submit(4)];
    await turn();
    expect(runs).toHaveLength(1);
    await finish();
    expect(runs).toEqual([[1, 2], [3, 4]]);
    await finish();
    expect(await Promise.all([...first, ...second])).toEqual([1, 2, 3, 4].map(done));
  });

  it("are bounded, and first come first served", async () => {
    const { commit, runs, finish } = createHarness();
    const all = commit.submitAll([1, 2, 3, 4, 5, 6, 7]);
    await turn();
    await finish();
    await finish();
    await finish();
    expect(runs).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    expect(await all).toEqual([1, 2, 3, 4, 5, 6, 7].map(done));
  });

  it("beside one that is in flight, a batch leaves when enough wait for it", async () => {
    const { commit, runs, finish } = createHarness({ maxInFlight: 2, minConcurrentSize: 2 });
    const submitted = [commit.submit(1)];
    await turn();
    submitted.push(commit.submit(2));
    await turn();
    expect(runs).toEqual([[1]]);
    submitted.push(commit.submit(3));
    await turn();
    expect(runs).toEqual([[1], [2, 3]]);
    submitted.push(commit.submit(4));
    await finish();
    expect(runs).toEqual([[1], [2, 3]]);
    await finish();
    expect(runs).toEqual([[1], [2, 3], [4]]);
    await finish();
    expect(await Promise.all(submitted)).toEqual([1, 2, 3, 4].map(done));
  });

  it("run as many at once as they may", async () => {
    const { commit, runs, finish, maxAtOnce } = createHarness({ maxInFlight: 2 });
    void commit.submitAll([1, 2, 3, 4, 5, 6, 7, 8]);
    await turn();
    expect(runs).toEqual([[1, 2, 3], [4, 5, 6]]);
    await finish();
    expect(runs).toHaveLength(3);
    expect(maxAtOnce()).toBe(2);
  });

  it("that run at once can take turns: none passes the point before those that began earlier have passed it or ended", async () => {
    const begun = new Map<number, Turn>();
    const ends: PromiseWithResolvers<void>[] = [];
    const passed: number[] = [];
    const { commit } = createHarness({
      maxBatchSize: 1,
      maxInFlight: 3,
      async run([item = 0], _signal, turn) {
        begun.set(item, turn);
        const end = Promise.withResolvers<void>();
        ends.push(end);
        void turn.ahead.then(() => passed.push(item));
        await end.promise;
        if (item === 2) throw new Error("lost");
        return [`done ${item}`];
      },
    });
    const all = commit.submitAll([1, 2, 3, 4]);
    await turn();
    expect(passed).toEqual([1]);
    begun.get(3)?.pass();
    await turn();
    expect(passed).toEqual([1]);
    begun.get(1)?.pass();
    await turn();
    expect(passed).toEqual([1, 2]);
    ends[1]?.resolve();
    await turn();
    expect(passed).toEqual([1, 2, 3, 4]);
    for (const end of ends) end.resolve();
    await turn();
    ends.at(-1)?.resolve();
    expect((await all).map(({ kind }) => kind)).toEqual(["done", "unknown", "done", "done"]);
  });

  it("limits that make no sense are refused", () => {
    expect(() => createHarness({ maxBatchSize: 0 })).toThrow("maxBatchSize");
    expect(() => createHarness({ maxQueued: 1.5 })).toThrow("maxQueued");
  });
});

describe("group commit - overload", () => {
  it("a full queue refuses at once, all of a call or none, and says when to come again", async () => {
    const { commit, runs, finish } = createHarness({ maxQueued: 4 });
    void commit.submitAll([1, 2, 3]);
    await turn();
    const waiting = commit.submitAll([4, 5, 6]);
    const refused = await commit.submitAll([7, 8]);
    expect(refused).toEqual([refused[0], refused[0]]);
    expect(refused[0]).toMatchObject({ kind: "overloaded", retryAfterMs: 100 });
    const fits = commit.submit(9);
    await finish();
    await finish();
    await finish();
    expect(runs).toEqual([[1, 2, 3], [4, 5, 6], [9]]);
    expect(await waiting).toEqual([4, 5, 6].map(done));
    expect(await fits).toEqual(done(9));
  });

  it("the advice follows the rate of the batches", async () => {
    const { commit, finish } = createHarness({ maxQueued: 3, maxBatchSize: 1 });
    void commit.submit(1);
    await turn();
    await new Promise((resolve) => setTimeout(resolve, 60));
    await finish();
    void commit.submitAll([2, 3, 4]);
    await turn();
    void commit.submit(5);
    const refused = await commit.submit(6);
    expect(refused).toMatchObject({ kind: "overloaded" });
    const { retryAfterMs } = refused as Extract<typeof refused, { kind: "overloaded" }>;
    expect(retryAfterMs).toBeGreaterThan(150);
    expect(retryAfterMs).toBeLessThan(1_000);
  });
});

type Submit = (commit: Harness["commit"], items: readonly number[], signal: AbortSignal) => Promise<readonly Settled<string>[]>;

/** Of one caller. */
const ways: readonly (readonly [string, Submit])[] = [
  ["together", (commit, items, signal) => commit.submitAll(items, signal)],
  ["one by one", (commit, items, signal) => Promise.all(items.map((item) => commit.submit(item, signal)))],
];

describe.each(ways)("group commit - callers who leave, items handed in %s", (_name, submit) => {
  it("an item whose signal fires leaves the queue; its place is free again", async () => {
    const { commit, runs, finish } = createHarness({ maxQueued: 2 });
    void commit.submit(1);
    await turn();
    const leaving = new AbortController();
    const left = submit(commit, [2, 3], leaving.signal);
    expect(await commit.submit(4)).toMatchObject({ kind: "overloaded" });
    leaving.abort("gone");
    expect(await left).toEqual([{ kind: "aborted", reason: "gone" }, { kind: "aborted", reason: "gone" }]);
    const stays = commit.submit(5);
    await finish();
    await finish();
    expect(runs).toEqual([[1], [5]]);
    expect(await stays).toEqual(done(5));
  });

  it("an item that is in a batch when its signal fires gets its outcome, also where others of its call left", async () => {
    const { commit, runs, finish } = createHarness({ maxBatchSize: 1 });
    const leaving = new AbortController();
    const both = submit(commit, [1, 2], leaving.signal);
    await turn();
    leaving.abort("gone");
    await finish();
    expect(await both).toEqual([done(1), { kind: "aborted", reason: "gone" }]);
    expect(runs).toEqual([[1]]);
  });

  it("a signal that has fired takes no place", async () => {
    const { commit, runs } = createHarness();
    expect(await submit(commit, [1], AbortSignal.abort("gone"))).toEqual([{ kind: "aborted", reason: "gone" }]);
    await turn();
    expect(runs).toEqual([]);
  });

  it("a signal that outlives its call is not listened to any more", async () => {
    const { commit, finish } = createHarness();
    const { signal } = new AbortController();
    const outcomes = submit(commit, [1, 2], signal);
    expect(getEventListeners(signal, "abort")).not.toEqual([]);
    await turn();
    await finish();
    expect(await outcomes).toEqual([done(1), done(2)]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("group commit - faults", () => {
  it("an item at fault fails alone", async () => {
    const runs: (readonly number[])[] = [];
    const { commit } = createHarness({
      maxBatchSize: 8,
      async run(items) {
        runs.push(items);
        if (items.includes(6)) throw new ItemError("six");
        return items.map((item) => `done ${item}`);
      },
    });
    const outcomes = await commit.submitAll([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["done", "done", "done", "done", "done", "failed", "done", "done"]);
    expect(runs).toEqual([[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4], [5, 6, 7, 8], [5, 6], [5], [6], [7, 8]]);
  });

  it("a fault that is nobody's is tried once, and tells everybody that nothing is known", async () => {
    const { commit, runs, finish } = createHarness();
    const outcomes = commit.submitAll([1, 2, 3]);
    await turn();
    const cause = new Error("connection lost");
    await finish(cause);
    expect(await outcomes).toEqual([1, 2, 3].map(() => ({ kind: "unknown", cause })));
    expect(runs).toHaveLength(1);
    const next = commit.submit(4);
    await turn();
    await finish();
    expect(await next).toEqual(done(4));
  });

  it("a run that answers too few outcomes tells nothing", async () => {
    const { commit } = createHarness({ run: async () => ["one"] });
    expect(await commit.submitAll([1, 2])).toMatchObject([{ kind: "unknown" }, { kind: "unknown" }]);
  });
});

describe("group commit - drain", () => {
  it("finishes what waits, and takes nothing new", async () => {
    const { commit, runs, finish } = createHarness();
    const all = commit.submitAll([1, 2, 3, 4]);
    await turn();
    let drained = false;
    const drain = commit.drain().then(() => (drained = true));
    expect(await commit.submit(5)).toEqual({ kind: "stopped" });
    await finish();
    expect(drained).toBe(false);
    await finish();
    await drain;
    expect(await all).toEqual([1, 2, 3, 4].map(done));
    expect(runs).toEqual([[1, 2, 3], [4]]);
  });

  it("is immediate when idle, and the same every time", async () => {
    const { commit } = createHarness();
    expect(commit.drain()).toBe(commit.drain());
    await commit.drain();
  });

  it("gives up what still waits when its time is over, and tells the batch in flight", async () => {
    let told: AbortSignal | undefined;
    const { commit } = createHarness({
      maxBatchSize: 1,
      run: (_items, signal) => {
        told = signal;
        return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("given up"))));
      },
    });
    const all = commit.submitAll([1, 2]);
    await turn();
    const over = new AbortController();
    const drain = commit.drain(over.signal);
    over.abort();
    await drain;
    expect(told?.aborted).toBe(true);
    expect((await all).map(({ kind }) => kind)).toEqual(["unknown", "stopped"]);
  });
});

it("group commit - metrics tell sizes, waits and the queue", async () => {
  const registry = new Registry();
  const metrics = createBatchMetrics(registry);
  expect(() => createBatchMetrics(registry)).not.toThrow();
  const { commit, finish } = createHarness({ metrics, maxBatchSize: 2 });
  void commit.submitAll([1, 2, 3]);
  await turn();
  await finish();
  await finish();
  const text = await registry.metrics();
  expect(text).toContain('group_commit_batch_size_count{batch="test"} 2');
  expect(text).toContain('group_commit_batch_size_sum{batch="test"} 3');
  expect(text).toContain('group_commit_queue_length{batch="test"} 0');
  expect(text).toContain('group_commit_wait_seconds_count{batch="test"} 2');
});

it("group commit - property: each item is run at most once with success, in order, and every caller is answered rightly", async () => {
  const call = record({ items: integer({ min: 1, max: 4 }), abort: boolean(), turns: integer({ min: 0, max: 3 }) });
  const limits = record({ maxBatchSize: integer({ min: 1, max: 5 }), maxQueued: integer({ min: 1, max: 12 }), maxInFlight: integer({ min: 1, max: 3 }), minConcurrentSize: integer({ min: 1, max: 6 }), bad: integer({ min: 0, max: 30 }), lost: integer({ min: 0, max: 30 }) });
  const scenario = asyncProperty(array(call, { maxLength: 25 }), limits, async (calls, { bad, lost, ...bounds }) => {
    const committed: number[] = [];
    const commit = createGroupCommit<number, number>({
      ...bounds,
      name: "property",
      isItemFault: (error) => error instanceof ItemError,
      async run(items) {
        expect(items.length).toBeLessThanOrEqual(bounds.maxBatchSize);
        for (let count = 0; count < (items[0] ?? 0) % 3; count++) await turn();
        if (items.includes(bad)) throw new ItemError();
        if (items.includes(lost)) throw new Error("lost");
        committed.push(...items);
        return items.map((item) => item * 2);
      },
    });
    let next = 0;
    const answers: Promise<readonly [number, Settled<number>][]>[] = [];
    for (const { items, abort, turns } of calls) {
      const ids = Array.from({ length: items }, () => next++);
      const leaving = new AbortController();
      answers.push(commit.submitAll(ids, leaving.signal).then((settled) => settled.map((one, index) => [ids[index] ?? -1, one])));
      for (let count = 0; count < turns; count++) await turn();
      if (abort) leaving.abort("gone");
    }
    const settled = (await Promise.all(answers)).flat();
    await commit.drain();
    expect(settled).toHaveLength(next);
    expect(new Set(committed).size).toBe(committed.length);
    const inOrder = committed.toSorted((a, b) => a - b);
    expect(bounds.maxInFlight === 1 ? committed : inOrder).toEqual(inOrder);
    const effects = new Set(committed);
    expect(settled.filter(([id, { kind }]) => effects.has(id) !== (kind === "done"))).toEqual([]);
    expect(settled.filter(([id, each]) => each.kind === "done" && each.outcome !== id * 2)).toEqual([]);
    expect(settled.filter(([id, { kind }]) => kind === "failed" && id !== bad)).toEqual([]);
  });
  await assert(scenario, { numRuns: 150 });
});
