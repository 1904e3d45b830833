import type { Redis } from "ioredis";
import { loadScript } from "./scripts.ts";

/** The nodes that a lock is kept on, asked all at once. Nodes that hang or are away cost no time where the others suffice. */
export interface LockNodes {
  readonly count: number;
  /** More than half of them. */
  readonly quorum: number;
  /** Sets a lock that nobody has; resolves as soon as a quorum agrees, or all have answered. */
  set(name: string, token: string, ttlMs: number): Promise<{ readonly granted: number; readonly reached: number }>;
  /** Makes own locks last longer; whether a quorum agrees for each of them. */
  extend(names: readonly string[], token: string, ttlMs: number): Promise<boolean>;
  /**
   * Gives own locks back on every node, also where they were not got: an answer may have been lost. Resolves when a quorum has; a node that
   * is away gives a lock back by its time to live.
   */
  release(names: readonly string[], token: string): Promise<void>;
}

const releaseScript = loadScript("lock-release");
const extendScript = loadScript("lock-extend");

/** `prefix` is put before every name. */
export function createLockNodes(nodes: readonly Redis[], prefix: string): LockNodes {
  const quorum = Math.floor(nodes.length / 2) + 1;
  const ask = (request: (node: Redis) => Promise<boolean>) => tally(nodes.map(request), quorum);
  return {
    count: nodes.length,
    quorum,
    set: (name, token, ttlMs) => ask(async (node) => (await node.set(prefix + name, token, "PX", ttlMs, "NX")) === "OK"),
    async extend(names, token, ttlMs) {
      const extended = await Promise.all(names.map((name) => ask(async (node) => Number(await extendScript.run(node, [prefix + name], [token, String(ttlMs)])) === 1)));
      return extended.every(({ granted }) => granted >= quorum);
    },
    async release(names, token) {
      await Promise.all(
        names.map((name) =>
          ask(async (node) => {
            await releaseScript.run(node, [prefix + name], [token]);
            return true;
          }),
        ),
      );
    },
  };
}

/** Counts answers; resolves when `enough` granted, or nobody is left to ask. */
function tally(answers: readonly Promise<boolean>[], enough: number): Promise<{ granted: number; reached: number }> {
  const { promise, resolve } = Promise.withResolvers<{ granted: number; reached: number }>();
  let [granted, reached, open] = [0, 0, answers.length];
  const note = (answered: boolean, isGranted: boolean): void => {
    open--;
    if (answered) reached++;
    if (isGranted) granted++;
    if (granted === enough || open === 0) resolve({ granted, reached });
  };
  for (const answer of answers) {
    answer.then(
      (isGranted) => note(true, isGranted),
      () => note(false, false),
    );
  }
  return promise;
}
