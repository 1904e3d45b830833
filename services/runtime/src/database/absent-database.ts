import type { Database } from "./database.ts";

const absent = async (): Promise<never> => {
  throw new Error("this process has no database");
};

/** Stands where a process has no database, since its settings need none. To use it is a bug, which each method says by throwing. */
export function createAbsentDatabase(): Database {
  return { query: absent, transaction: absent, script: absent, tryAdvisoryLock: absent, listen: absent, ping: absent, close: async () => undefined };
}
