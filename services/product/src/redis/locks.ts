import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { createLockNodes, type LockNodes } from "./lock-nodes.ts";
import { createNameQueue } from "./name-queue.ts";

/** Where locks are kept, and for how long. */
export interface LockOptions {
  /** One, or several that know nothing of each other: then a lock is held by whoever has it on more than half of them. */
  readonly nodes: readonly Redis[];
  /** Put before every name. */
  readonly prefix: string;
  /** How long a lock lasts that nobody extends, in milliseconds. */
  readonly ttlMs: number;
  /** Longest wait for the locks of one caller that other processes hold, in milliseconds. */
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
  /**
   * Runs `work` under all of these locks. Throws a LockUnavailableError, the signal's reason where it fires before they are had, or what `work`
   * throws.
   */
  hold<T>(names: readonly string[], signal: AbortSignal | undefined, work: (held: HeldLocks) => Promise<T>): Promise<T>;
}

/** Clocks of the nodes may differ by this share of the time to live, and by 2 ms. */
const driftFactor = 0.01;
const driftMs = 2;
const retryPauseMs = 25;
/** Nodes that do not answer are asked again this often before it counts that there are too few. */
const maxQuorumFailures = 3;

/**
 * Locks by the published algorithm of Redlock (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/): SET NX PX
 * with a token of the holder's own on each node, in the order of the names; held where more than half of the nodes agree and time is left after
 * what asking took and clocks may drift; extended from the first one on, while further ones are waited for and while it is worked under them;
 * given back on every node, by a script that compares the token. With one node it is the plain lock in Redis. Callers in this process queue up
 * for each name, first come first served.
 */
export function createLocks(options: LockOptions): Locks {
  const queue = createNameQueue();
  const nodes = createLockNodes(options.nodes, options.prefix);
  return {
    async hold(names, signal, work) {
      const sorted = [...new Set(names)].toSorted();
      if (sorted.length === 0) return work({ lost: new AbortController().signal });
      const leave = await queue(sorted, signal);
      const token = randomUUID();
      const lease = createLease(nodes, token, options.ttlMs);
      try {
        const deadlineMs = performance.now() + options.timeoutMs;
        for (const name of sorted) await acquire({ ...options, nodes, token, lease, deadlineMs, signal }, name);
        return await work({ lost: lease.lost });
      } finally {
        lease.end();
        await nodes.release(sorted, token);
        leave();
      }
    },
  };
}

interface Acquisition extends Pick<LockOptions, "ttlMs" | "timeoutMs"> {
  readonly nodes: LockNodes;
  readonly token: string;
  readonly lease: Lease;
  /** By `performance.now()`. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

async function acquire({ nodes, token, lease, ttlMs, timeoutMs, deadlineMs, signal }: Acquisition, name: string): Promise<void> {
  for (let failures = 0; ; ) {
    signal?.throwIfAborted();
    lease.lost.throwIfAborted();
    const startMs = performance.now();
    const { granted, reached } = await nodes.set(name, token, ttlMs);
    if (granted >= nodes.quorum && lease.add(name, startMs)) return;
    await nodes.release([name], token);
    if (reached < nodes.quorum && ++failures === maxQuorumFailures) {
      throw new LockUnavailableError(`only ${reached} of ${nodes.count} lock servers answer, and ${nodes.quorum} are needed`);
    }
    if (performance.now() > deadlineMs) throw new LockUnavailableError(`others have held the lock ${name} for ${timeoutMs} ms`);
    // Random, so that those who have split the nodes among them do not do so again.
    await sleep(retryPauseMs * (0.5 + Math.random()));
  }
}

/** Locks that are had, extended until the end. */
interface Lease {
  readonly lost: AbortSignal;
  /** Takes on a lock that was set by a call that began at `startMs`. False where its time is over already. */
  add(name: string, startMs: number): boolean;
  end(): void;
}

function createLease(nodes: LockNodes, token: string, ttlMs: number): Lease {
  const lost = new AbortController();
  const validUntil = new Map<string, number>();
  let expiry: NodeJS.Timeout | undefined;
  let ended = false;
  const lose = (): void => lost.abort(new LockUnavailableError(`the lock ${[...validUntil.keys()].join(", ")} ended before the work under it did`));
  const endOf = (startMs: number): number => startMs + ttlMs * (1 - driftFactor) - driftMs;
  const setValid = (names: readonly string[], startMs: number): void => {
    for (const name of names) validUntil.set(name, endOf(startMs));
    clearTimeout(expiry);
    expiry = setTimeout(lose, Math.min(...validUntil.values()) - performance.now());
  };
  const extend = async (): Promise<void> => {
    const names = [...validUntil.keys()];
    const startMs = performance.now();
    if (names.length > 0 && (await nodes.extend(names, token, ttlMs)) && !lost.signal.aborted && !ended) setValid(names, startMs);
  };
  const extension = setInterval(() => void extend(), ttlMs / 3);
  return {
    lost: lost.signal,
    add(name, startMs) {
      if (endOf(startMs) <= performance.now()) return false;
      setValid([name], startMs);
      return true;
    },
    end() {
      ended = true;
      clearInterval(extension);
      clearTimeout(expiry);
    },
  };
}
