import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { startRedisNodes } from "../../../../infra/servers/redis.ts";
import { silentLog } from "@flashdeal/runtime/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { connectRedis } from "./connect.ts";
import { createLocks, LockUnavailableError, type Locks } from "./locks.ts";

const servers = await startRedisNodes(5);

describe.skipIf("skipped" in servers)(`locks in five Redis servers${"skipped" in servers ? ` - skipped: ${servers.skipped}` : ""}`, () => {
  let nodes: readonly Redis[];
  beforeAll(() => {
    nodes = "skipped" in servers ? [] : servers.map(({ url }) => connectRedis(url, 300, silentLog));
  });
  afterAll(async () => {
    nodes.forEach((node) => node.disconnect());
    if (!("skipped" in servers)) await Promise.all(servers.map((server) => server.stop()));
  });
  beforeEach(async () => void (await Promise.all(nodes.map((node) => node.flushall()))));

  /** As another process has them: with a queue of its own. */
  const locks = (change: { readonly ttlMs?: number; readonly timeoutMs?: number; readonly nodes?: readonly Redis[] } = {}): Locks =>
    createLocks({ nodes, prefix: "lock:", ttlMs: 2_000, timeoutMs: 5_000, ...change });
  const keysOn = async (): Promise<string[][]> => Promise.all(nodes.map((node) => node.keys("lock:*")));

  it("keep processes apart, and are given back everywhere", async () => {
    let inside = 0;
    let most = 0;
    const processes = [locks(), locks(), locks()];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await sleep(2);
      inside--;
    };
    await Promise.all(Array.from({ length: 30 }, (_, index) => processes[index % 3]?.hold(["a"], undefined, work)));
    expect([most, inside]).toEqual([1, 0]);
    expect(await keysOn()).toEqual([[], [], [], [], []]);
  });

  it("several names in any order do not wait in a circle", async () => {
    const [first, second] = [locks(), locks()];
    const names = ["a", "b", "c"];
    const runs = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? first : second).hold(index % 3 === 0 ? names : names.toReversed(), undefined, async () => index));
    expect(await Promise.all(runs)).toHaveLength(20);
  });

  it("a holder that died keeps the others away until its time is over, and no longer", async () => {
    await Promise.all(nodes.map((node) => node.set("lock:a", "dead", "PX", 400)));
    const startMs = performance.now();
    expect(await locks().hold(["a"], undefined, async () => "mine")).toBe("mine");
    expect(performance.now() - startMs).toBeGreaterThan(300);
  });

  it("of a process that was killed while it held them are free when their time is over", async () => {
    if ("skipped" in servers) return;
    const holder = `
      import { createLocks } from ${JSON.stringify(new URL("./locks.ts", import.meta.url).href)};
      import { connectRedis } from ${JSON.stringify(new URL("./connect.ts", import.meta.url).href)};
      const nodes = process.argv.slice(1).map((url) => connectRedis(url, 300, { warn() {} }));
      createLocks({ nodes, prefix: "lock:", ttlMs: 500, timeoutMs: 5_000 }).hold(["a", "b"], undefined, () => new Promise(() => process.stdout.write("held")));`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", holder, ...servers.map(({ url }) => url)], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child.stdout, "data");
    // While it lives it extends them, far beyond their time.
    await expect(locks({ timeoutMs: 1_200 }).hold(["b"], undefined, async () => "never")).rejects.toThrow(LockUnavailableError);
    child.kill("SIGKILL");
    await once(child, "exit");
    const startMs = performance.now();
    expect(await locks().hold(["a", "b"], undefined, async () => "mine")).toBe("mine");
    expect(performance.now() - startMs).toBeLessThan(2_000);
  }, 20_000);

  it("none at all are had at once", async () => {
    expect(await locks().hold([], undefined, async ({ lost }) => sleep(20, lost.aborted))).toBe(false);
  });

  it("the first ones are kept while further ones are waited for", async () => {
    await Promise.all(nodes.map((node) => node.set("lock:b", "other", "PX", 900)));
    const kept = await locks({ ttlMs: 300 }).hold(["a", "b"], undefined, async ({ lost }) => [lost.aborted, await Promise.all(nodes.map((node) => node.get("lock:a")))] as const);
    expect(kept[0]).toBe(false);
    expect(new Set(kept[1]).size).toBe(1);
    expect(kept[1]).not.toContain(null);
  });

  it("a caller who leaves while he waits is told so at once, and changes nothing for those behind him", async () => {
    const mine = locks();
    const order: string[] = [];
    const first = Promise.withResolvers<void>();
    const holding = mine.hold(["a", "b"], undefined, () => first.promise.then(() => void order.push("first")));
    const leaving = new AbortController();
    const left = mine.hold(["b", "c"], leaving.signal, async () => void order.push("left")).catch((error: unknown) => error);
    const behind = mine.hold(["b"], undefined, async () => void order.push("behind"));
    leaving.abort("gone");
    expect(await left).toBe("gone");
    await sleep(50);
    expect(order).toEqual([]);
    first.resolve();
    await Promise.all([holding, behind]);
    expect(order).toEqual(["first", "behind"]);
    expect(await mine.hold(["c"], undefined, async () => "free")).toBe("free");
  });

  it.each([
    { tookMs: 900, isHeld: true },
    { tookMs: 989, isHeld: false },
  ])("one of 1,000 ms that took $tookMs ms to set is held: $isHeld, as the clocks may differ by 12 ms", async ({ tookMs, isHeld }) => {
    const now = performance.now.bind(performance);
    let skewMs = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + skewMs);
    const [slow] = nodes.map((node) => new Proxy(node, {
      get: (target, name) => name === "set" ? (...values: Parameters<Redis["set"]>) => target.set(...values).finally(() => (skewMs += tookMs)) : Reflect.get(target, name, target) as unknown,
    }));
    const held = locks({ ttlMs: 1_000, timeoutMs: 1, nodes: slow === undefined ? [] : [slow] }).hold(["a"], undefined, async () => true);
    expect(await held.catch((error: unknown) => !(error instanceof LockUnavailableError))).toBe(isHeld);
    clock.mockRestore();
  });

  it("two of five servers that hang cost no time", async () => {
    await Promise.all(nodes.slice(0, 2).map((node) => node.call("CLIENT", "PAUSE", "1500")));
    const startMs = performance.now();
    for (let round = 0; round < 5; round++) await locks().hold(["a", "b"], undefined, async () => round);
    expect(performance.now() - startMs).toBeLessThan(1_000);
    await sleep(1_600);
    expect(await keysOn()).toEqual([[], [], [], [], []]);
  }, 10_000);

  it("last as long as the work under them does", async () => {
    const order: string[] = [];
    const long = locks({ ttlMs: 300 }).hold(["a"], undefined, async ({ lost }) => {
      await sleep(900);
      order.push(lost.aborted ? "lost" : "long");
    });
    await sleep(50);
    await locks().hold(["a"], undefined, async () => void order.push("next"));
    await long;
    expect(order).toEqual(["long", "next"]);
  });

  it("one that is somebody else's is neither given back nor extended", async () => {
    await locks({ ttlMs: 300 }).hold(["a"], undefined, async ({ lost }) => {
      await Promise.all(nodes.map((node) => node.set("lock:a", "other", "PX", 5_000)));
      await sleep(400);
      expect(lost.aborted).toBe(true);
    });
    expect(await Promise.all(nodes.map((node) => node.get("lock:a")))).toEqual(Array(5).fill("other"));
  });

  it("held by others for too long are not waited for", async () => {
    await Promise.all(nodes.slice(0, 3).map((node) => node.set("lock:a", "other", "PX", 10_000)));
    await expect(locks({ timeoutMs: 200 }).hold(["a"], undefined, async () => "never")).rejects.toThrow(LockUnavailableError);
    expect((await keysOn()).map(({ length }) => length)).toEqual([1, 1, 1, 0, 0]);
  });

  it("two of five servers away are too few to matter; three are too many, and said so at once", async () => {
    if ("skipped" in servers) return;
    const stop = (count: number) => Promise.all(servers.slice(0, count).map((server) => server.stop()));
    await stop(2);
    expect(await locks().hold(["a"], undefined, async () => "mine")).toBe("mine");
    await locks({ ttlMs: 600 }).hold(["b"], undefined, async ({ lost }) => {
      await servers[2]?.stop();
      await sleep(900);
      expect(lost.aborted).toBe(true);
    });
    const startMs = performance.now();
    await expect(locks().hold(["a"], undefined, async () => "never")).rejects.toThrow(/only 2 of 5 lock servers answer, and 3 are needed/);
    expect(performance.now() - startMs).toBeLessThan(3_000);
  }, 30_000);
});
