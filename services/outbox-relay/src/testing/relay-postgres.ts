import type { Database } from "@flashdeal/runtime/database";
import type { TestDatabase } from "@flashdeal/runtime/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createRecordingBus, createWorkbench, drainRelay, type RecordingBus, type Workbench } from "./relay-workbench.ts";

const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 10 });
const quiet = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A transaction that stays open until it is told to end. */
async function openTransaction(database: Database, first: (tx: Parameters<Parameters<Database["transaction"]>[0]>[0]) => Promise<void>) {
  const steps: ((tx: Parameters<Parameters<Database["transaction"]>[0]>[0]) => Promise<void>)[] = [];
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
  const { promise: end, resolve: setEnd } = Promise.withResolvers<void>();
  const done = database.transaction(async (tx) => {
    await first(tx);
    setReady();
    await end;
    for (const step of steps) await step(tx);
  });
  await ready;
  return {
    async commit(last?: (typeof steps)[number]) {
      if (last !== undefined) steps.push(last);
      setEnd();
      await done;
    },
  };
}

/** What needs several sessions at once: real Postgres. */
export function testRelayWithSessions(open: () => Promise<TestDatabase>): void {
  describe("many sessions", () => {
    let database: TestDatabase;
    let bench: Workbench;
    let bus: RecordingBus;
    const others: Database[] = [];
    beforeAll(async () => {
      database = await open();
    });
    beforeEach(async () => {
      bench = await createWorkbench(database);
      bus = createRecordingBus();
    });
    afterEach(async () => {
      await bench.close();
      await Promise.all(others.splice(0).map((other) => other.close()));
    });
    afterAll(() => database?.close());

    it("late commit - a row inserted first and committed last is not skipped", async () => {
      await bench.startRelay(bus, { pollMs: 60_000 });
      await bench.insert(database, ["before"]);
      await eventually(() => expect(bus.names).toEqual(["before"]));
      const late = await openTransaction(database, (tx) => bench.insert(tx, ["late-1", "late-2"]));
      await bench.insert(database, ["early"]);
      await eventually(() => expect(bus.names).toEqual(["before", "early"]));
      await late.commit();
      await eventually(() => expect(bus.names).toEqual(["before", "early", "late-1", "late-2"]));
      await bench.insert(database, ["after"]);
      await eventually(() => expect(bus.names).toEqual(["before", "early", "late-1", "late-2", "after"]));
    });

    it("late commit - rows of transactions that overlap in every way come out once", async () => {
      const openOnes = [];
      await bench.startRelay(bus, { batchSize: 2 });
      for (let round = 0; round < 6; round += 1) {
        openOnes.push(await openTransaction(database, (tx) => bench.insert(tx, [`a${round}`, `b${round}`, `c${round}`])));
        await bench.insert(database, [`d${round}`]);
        if (round % 2 === 1) await openOnes.splice(round % 3, 1)[0]?.commit();
      }
      for (const one of openOnes.toReversed()) await one.commit((tx) => bench.insert(tx, ["end"]));
      const all = Array.from({ length: 6 }, (_, round) => ["a", "b", "c", "d"].map((letter) => `${letter}${round}`)).flat();
      await eventually(() => expect(bus.names.filter((entry) => entry !== "end").toSorted()).toEqual(all.toSorted()));
      await quiet(100);
      expect(bus.names).toHaveLength(all.length + openOnes.length);
    });

    it("late commit - a rolled back row leaves no gap that blocks", async () => {
      await bench.startRelay(bus);
      await expect(
        database.transaction(async (tx) => {
          await bench.insert(tx, ["never"]);
          throw new Error("rolled back");
        }),
      ).rejects.toThrow("rolled back");
      await bench.insert(database, ["after"]);
      await eventually(() => expect(bus.names).toEqual(["after"]));
    });

    it("order - an aggregate's events follow its history, also where an older transaction waited for a younger one", async () => {
      // The older transaction has its id before the younger one, but writes to the aggregate after it.
      const older = await openTransaction(database, async (tx) => void (await tx.query({ name: "", text: "SELECT pg_current_xact_id()" }, [])));
      await bench.insert(database, ["first"], "order-1");
      await older.commit((tx) => bench.insert(tx, ["second"], "order-1"));
      await bench.startRelay(bus);
      await eventually(() => expect(bus.names).toEqual(["first", "second"]));
    });

    it("order - many writers in small batches: every event once, each aggregate in its history's order", async () => {
      await bench.run("CREATE TABLE $schema.counters (aggregate_key text PRIMARY KEY, value int NOT NULL)");
      await bench.run("INSERT INTO $schema.counters SELECT 'a' || n, 0 FROM generate_series(1, 5) AS n");
      await bench.startRelay(bus, { batchSize: 7 });
      const writer = async (worker: number): Promise<void> => {
        for (let round = 0; round < 25; round += 1) {
          const key = `a${((worker * 7 + round * 3) % 5) + 1}`;
          await database.transaction(async (tx) => {
            await tx.query({ name: "", text: "SELECT pg_current_xact_id()" }, []);
            if (round % 3 === 0) await quiet(worker);
            const text = `UPDATE ${bench.schema}.counters SET value = value + 1 WHERE aggregate_key = $1 RETURNING value`;
            const value = Number((await tx.query({ name: "", text }, [key])).rows[0]?.[0]);
            await bench.insert(tx, [`${key}-${value}`], key);
          });
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, worker) => writer(worker)));
      await eventually(() => expect(bus.names).toHaveLength(200));
      for (let key = 1; key <= 5; key += 1) {
        const values = bus.names.filter((entry) => entry.startsWith(`a${key}-`)).map((entry) => Number(entry.split("-")[1]));
        expect(values).toEqual(values.map((_, index) => index + 1));
      }
    });

    it("leadership - a relay whose connection is cut stops, and another process takes over", async () => {
      const first = database.connect();
      const second = database.connect();
      others.push(first, second);
      const firstBus = createRecordingBus();
      const relay = await bench.startRelay(firstBus, { database: first });
      await bench.insert(database, ["one"]);
      await eventually(() => expect(firstBus.names).toEqual(["one"]));
      await bench.startRelay(bus, { database: second });
      // The first process hangs in a publish while its lock's session dies.
      const { promise: stuck, resolve: unstick } = Promise.withResolvers<void>();
      firstBus.beforePublish = () => stuck;
      await bench.insert(database, ["two"]);
      await quiet(100);
      await bench.run("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
      await eventually(() => expect(bus.names).toEqual(["two"]));
      unstick();
      await bench.insert(database, ["three"]);
      await eventually(() => expect([...firstBus.names, ...bus.names].filter((entry) => entry === "three")).toEqual(["three"]));
      await drainRelay(relay);
    });
  });
}
