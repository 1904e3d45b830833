import type { Cache } from "@flashdeal/runtime/cache";

const unused = (): Promise<never> => Promise.reject(new Error("the auth service does not use this"));

/** Counters alone, which is all that the service uses. */
export function createTestCache(): Cache {
  const counters = new Map<string, number>();
  return {
    get: unused, getMany: unused, set: unused, setIfAbsent: unused, delete: unused,
    increment: async (key, by) => {
      const value = (counters.get(key) ?? 0) + by;
      counters.set(key, value);
      return value;
    },
    ping: async () => {},
    close: async () => {},
  };
}
