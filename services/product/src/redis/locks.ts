import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { loadScript } from "./scripts.ts";

/** Where locks are kept, and for how long. */
export interface LockOptions {
  /** One, or several that know nothing of each other: then a lock is held by whoever has it on more than half of them. */
  readonly nodes: readonly Redis[];
  /** Put before every name. */
  readonly prefix: string;
  /** How long a lock lasts that nobody extends, in milliseconds. */
  readonly ttlMs: number;
  /** Longest wait for a lock that others hold, in milliseconds. */
  readonly timeoutMs: number;
}

/** A lock could not be had: others hold it for too long, or too few of the nodes answer. Nothing was done. */
export class LockUnavailableError extends Error {
  override readonly name = "LockUnavailableError";
}

/** Locks held by one holder. */
export interface HeldLocks {
  /** Fires when they are lost: they ended before they could be extended. Whether the holder notices in time nobody knows. */
  readonly lost: AbortSignal;
}

/** Locks outside of the database. */
export interface Locks {
  /** Runs `work` under all of these locks. Throws a LockUnavailableError, or what `work` throws. */
  hold<T>(names: readonly string[], signal: AbortSignal | undefined, work: (held: HeldLocks) => Promise<T>): Promise<T>;
}

/** Clocks of the nodes may differ by this share of the time to live, and by 2 ms. */
const driftFactor = 0.01;
const driftMs = 2;
const retryPauseMs = 25;
/** Nodes that do not answer are asked again this often before it counts that there are too few. */
const maxQuorumFailures = 3;

const releaseScript = loadScript("lock-release");
const extendScript = loadScript("lock-extend");

/**
 * Locks by the published algorithm of Redlock (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/): SET NX PX
 * with a token of the holder's own on each node, in the order of the names; held where more than half of the nodes agree and time is left after
 * what asking took and clocks may drift; extended while it is worked under; given back on every node, by a script that compares the token.
 * With one node it is the plain lock in Redis. Callers in this process queue up for each name, first come first served.
 */
export function createLocks(options: LockOptions): Locks {
  const queue = createNameQueue();
  return {
    hold: (names, signal, work) => {
      const sorted = [...new Set(names)].toSorted();
      return queue(sorted, signal, async () => {
        const token = randomUUID();
        try {
          let validUntilMs = Number.POSITIVE_INFINITY;
          for (const name of sorted) validUntilMs = Math.min(validUntilMs, await acquire(options, name, token, signal));
          return await workUnder(options, { names: sorted, token, validUntilMs }, work);
        } finally {
          await onEachNode(options, sorted, (node, key) => releaseScript.run(node, [key], [token]));
        }
      });
    },
  };
}

/** Answers until when the lock is held, by `performance.now()`. */
async function acquire(options: LockOptions, name: string, token: string, signal: AbortSignal | undefined): Promise<number> {
  const { nodes, prefix, ttlMs, timeoutMs } = options;
  const key = prefix + name;
  const deadline = performance.now() + timeoutMs;
  for (let failures = 0; ; ) {
    signal?.throwIfAborted();
    const startMs = performance.now();
    const answers = await Promise.allSettled(nodes.map((node) => node.set(key, token, "PX", ttlMs, "NX")));
    const granted = answers.filter((answer) => answer.status === "fulfilled" && answer.value === "OK").length;
    const validUntilMs = validUntil(startMs, ttlMs);
    if (granted >= quorumOf(options) && validUntilMs > performance.now()) return validUntilMs;
    await onEachNode(options, [name], (node, each) => releaseScript.run(node, [each], [token]));
    const reached = answers.filter(({ status }) => status === "fulfilled").length;
    if (reached < quorumOf(options) && ++failures === maxQuorumFailures) {
      throw new LockUnavailableError(`only ${reached} of ${nodes.length} lock servers answer, and ${quorumOf(options)} are needed`);
    }
    if (performance.now() > deadline) throw new LockUnavailableError(`others have held the lock ${name} for ${timeoutMs} ms`);
    // Random, so that those who have split the nodes among them do not do so again.
    await sleep(retryPauseMs * (0.5 + Math.random()));
  }
}

/** A lock set or extended by a call that began at `startMs`. */
function validUntil(startMs: number, ttlMs: number): number {
  return startMs + ttlMs * (1 - driftFactor) - driftMs;
}

interface Got {
  readonly names: readonly string[];
  readonly token: string;
  readonly validUntilMs: number;
}

async function workUnder<T>(options: LockOptions, { names, token, validUntilMs }: Got, work: (held: HeldLocks) => Promise<T>): Promise<T> {
  const lost = new AbortController();
  const lose = (): void => lost.abort(new LockUnavailableError(`the lock ${names.join(", ")} ended before the work under it did`));
  let expiry = setTimeout(lose, validUntilMs - performance.now());
  let done = false;
  const prolong = async (): Promise<void> => {
    const startMs = performance.now();
    if (!(await extend(options, names, token)) || lost.signal.aborted || done) return;
    clearTimeout(expiry);
    expiry = setTimeout(lose, validUntil(startMs, options.ttlMs) - performance.now());
  };
  const extension = setInterval(() => void prolong(), options.ttlMs / 3);
  try {
    return await work({ lost: lost.signal });
  } finally {
    done = true;
    clearInterval(extension);
    clearTimeout(expiry);
  }
}

async function extend(options: LockOptions, names: readonly string[], token: string): Promise<boolean> {
  const counts = new Map(names.map((name) => [options.prefix + name, 0]));
  await onEachNode(options, names, async (node, key) => {
    if (Number(await extendScript.run(node, [key], [token, String(options.ttlMs)])) === 1) counts.set(key, (counts.get(key) ?? 0) + 1);
  });
  return [...counts.values()].every((count) => count >= quorumOf(options));
}

/** Also where the lock was not got: an answer may have been lost. A node that is away gives the lock back by its time to live. */
async function onEachNode({ nodes, prefix }: LockOptions, names: readonly string[], run: (node: Redis, key: string) => Promise<unknown>): Promise<void> {
  await Promise.allSettled(nodes.flatMap((node) => names.map((name) => run(node, prefix + name))));
}

function quorumOf({ nodes }: LockOptions): number {
  return Math.floor(nodes.length / 2) + 1;
}

/** Queues of this process, one per name. Names come sorted, so that nobody waits in a circle. */
function createNameQueue() {
  const last = new Map<string, Promise<void>>();
  return async <T>(names: readonly string[], signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> => {
    const { promise: done, resolve: leave } = Promise.withResolvers<void>();
    // All places are taken in the same tick, so that two callers stand in the same order in each queue.
    const ahead = names.map((name) => last.get(name));
    for (const name of names) last.set(name, done);
    try {
      await Promise.all(ahead);
      signal?.throwIfAborted();
      return await work();
    } finally {
      leave();
      for (const name of names) if (last.get(name) === done) last.delete(name);
    }
  };
}
