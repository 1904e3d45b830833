import { Registry } from "@flashdeal/runtime/telemetry";
import { silentLog } from "@flashdeal/runtime/testing";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { Audit, AuditEnd, AuditStore, Book, PurchaseMismatch, Services } from "../domain/ports.ts";
import { createAuditMetrics } from "../metrics.ts";
import { createAuditRunner, type AuditRunner } from "./audit-runner.ts";

const nothing = async () => ({ items: [], next: undefined });
const book: Book = { vendorItemId: "v", fulfillmentCenterId: "f", version: 1n, onHand: 1n, reserved: 0n, onHandSum: 1n, reservedSum: 0n, held: 0n, soldSum: 0n, sold: 0n };

/** A store that remembers what it was told, and services with nothing in them. */
function createScene(change: Partial<Services> = {}) {
  const ends = new Map<string, AuditEnd>();
  const begun: string[] = [];
  const alive: string[][] = [];
  let lastBegin: Date | undefined;
  const store: AuditStore = {
    async begin({ auditId }) {
      begun.push(auditId);
      lastBegin = new Date();
      const audit: Audit = { auditId, state: "RUNNING", checkedCount: 0n, violationCount: 0n, error: "", createTime: new Date(), endTime: null };
      return { audit, isNew: true };
    },
    get: async () => undefined,
    lastBeginTime: async () => lastBegin,
    keepAlive: async (auditIds) => void alive.push([...auditIds]),
    progress: async () => {},
    addFindings: async () => {},
    end: async (auditId, end) => void ends.set(auditId, end),
    abortForgotten: async () => {},
    deleteOld: async () => {},
    listViolations: async () => [],
    getViolation: async () => undefined,
    markRepaired: async () => {},
  };
  const services: Services = {
    listBooks: nothing,
    listReservations: nothing,
    getReservations: async () => new Map(),
    getClaims: async () => new Map(),
    listOrders: nothing,
    getOrder: async () => undefined,
    getReadStocks: async () => new Map(),
    listPurchaseMismatches: nothing,
    get repairs(): never {
      throw new Error("nothing is repaired here");
    },
    ...change,
  };
  return { store, services, ends, begun, alive };
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal });

describe("audit runner", () => {
  let runner: AuditRunner | undefined;
  afterEach(async () => {
    await runner?.drain();
  });

  function run({ store, services }: ReturnType<typeof createScene>, intervalMs = 0): AuditRunner {
    const context = { services, clock: { now: () => new Date() }, freshnessMs: 60_000, holdGraceMs: 0, pageSize: 10, pause };
    return (runner = createAuditRunner({ context, store, metrics: createAuditMetrics(new Registry()), log: silentLog, intervalMs, retentionMs: 60_000 }));
  }

  it("runs one audit after the other and tells how each ended", async () => {
    const scene = createScene();
    const { begin } = run(scene);
    for (let count = 0; count < 3; count++) await begin("", undefined);
    await expect.poll(() => [...scene.ends.values()].map(({ state }) => state)).toEqual(["PASSED", "PASSED", "PASSED"]);
  });

  it("refuses more than may wait, and takes more when those are done", async () => {
    const gate = Promise.withResolvers<void>();
    const scene = createScene({ listBooks: async () => (await gate.promise, nothing()) });
    const { begin } = run(scene);
    const answers = await Promise.all(Array.from({ length: 40 }, () => begin("", undefined)));
    expect(answers.filter((answer) => answer === "overloaded")).toHaveLength(8);
    expect(scene.begun).toHaveLength(32);
    gate.resolve();
    await expect.poll(() => scene.ends.size).toBe(32);
    expect(await begin("", undefined)).not.toBe("overloaded");
  });

  it("notes that an audit lives which waits for its turn or pauses for long", async () => {
    const scene = createScene({ listBooks: async () => ({ items: [book], next: undefined }) });
    const running = run(scene);
    await running.begin("", undefined);
    await running.begin("", undefined);
    await running.start();
    await expect.poll(() => scene.alive[0]?.toSorted()).toEqual(scene.begun.toSorted());
  });

  it("audits by itself at its interval", async () => {
    const scene = createScene();
    const running = run(scene, 50);
    await running.start();
    await expect.poll(() => scene.begun.length).toBeGreaterThan(2);
  });

  it("an interval of a month is no busy loop", async () => {
    const scene = createScene();
    const running = run(scene, 30 * 86_400_000);
    await running.start();
    await sleep(50);
    expect(scene.begun).toEqual([]);
  });

  it("ends an audit as broken off that finds too much, and one that is stopped", async () => {
    const items = Array.from({ length: 12_000 }, (_, index): PurchaseMismatch => ({ dealId: "d", userId: String(index), counted: 1n, reserved: 0n }));
    const scene = createScene({ listPurchaseMismatches: async () => ({ items, next: undefined }) });
    await run(scene).begin("", undefined);
    await expect.poll(() => [...scene.ends.values()][0]).toMatchObject({ state: "ABORTED", violationCount: 10_000, error: "It was broken off after 10000 violations." });

    const paused = createScene({ listBooks: async () => ({ items: [book], next: undefined }) });
    const second = run(paused);
    await second.begin("", undefined);
    await second.drain();
    expect([...paused.ends.values()]).toMatchObject([{ state: "ABORTED", error: "The process stopped before it was done." }]);
  });
});
