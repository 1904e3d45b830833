import { Registry } from "@flashdeal/runtime/telemetry";
import type { Database } from "@flashdeal/runtime/database";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { lockKey } from "../relay/leader.ts";
import { createOutboxSource } from "../store/outbox-source.ts";
import { createRecordingBus, createWorkbench, drainRelay, type RecordingBus, type Workbench } from "./relay-workbench.ts";

const eventually = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 10 });
const quiet = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const names = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `E${from + index}`);

/** What the relay must hold on every database. */
export function testRelay(open: () => Promise<Database>): void {
  describe("one session", () => {
    let database: Database;
    let bench: Workbench;
    let bus: RecordingBus;
    beforeAll(async () => {
      database = await open();
    });
    beforeEach(async () => {
      bench = await createWorkbench(database);
      bus = createRecordingBus();
    });
    afterEach(() => bench.close());
    afterAll(() => database?.close());

    it("publishing - every row once, in order, with its id, payload and headers", async () => {
      await bench.insert(database, names(1, 25));
      await bench.startRelay(bus, { batchSize: 10 });
      await eventually(() => expect(bus.names).toEqual(names(1, 25)));
      const [first] = await bench.run("SELECT event_id FROM $schema.outbox ORDER BY position LIMIT 1");
      expect(bus.messages[0]).toEqual({
        id: first?.[0],
        subject: "flashdeal.test.v1.E1",
        data: new TextEncoder().encode("E1"),
        headers: { traceparent: "00-1" },
      });
      await bench.insert(database, names(26, 30));
      await eventually(() => expect(bus.names).toEqual(names(1, 30)));
    });

    it("waking - a notification beats the poll", async () => {
      await bench.startRelay(bus, { pollMs: 60_000 });
      await bench.insert(database, ["first"]);
      await eventually(() => expect(bus.names).toEqual(["first"]));
      await quiet(100);
      const startMs = performance.now();
      await bench.insert(database, ["second"]);
      await eventually(() => expect(bus.names).toEqual(["first", "second"]));
      expect(performance.now() - startMs).toBeLessThan(2_000);
    });

    it("waking - the poll finds what nobody announced", async () => {
      await bench.startRelay(bus);
      await quiet(100);
      await bench.run(
        "INSERT INTO $schema.outbox (event_id, subject, aggregate_key, payload) VALUES (gen_random_uuid(), 'flashdeal.test.v1.silent', 'a', '')",
      );
      await eventually(() => expect(bus.names).toEqual(["silent"]));
    });

    it("leadership - of two relays one publishes, and the other takes over when it drains", async () => {
      const first = await bench.startRelay(bus);
      await bench.insert(database, names(1, 5));
      await eventually(() => expect(bus.names).toEqual(names(1, 5)));
      const other = createRecordingBus();
      await bench.startRelay(other);
      await bench.insert(database, names(6, 10));
      await eventually(() => expect(bus.names).toEqual(names(1, 10)));
      expect(other.names).toEqual([]);
      await drainRelay(first);
      await bench.insert(database, names(11, 15));
      await eventually(() => expect(other.names).toEqual(names(11, 15)));
      expect(bus.names).toEqual(names(1, 10));
    });

    it("crash - what was published before the cursor moved is published again, with the same ids", async () => {
      await bench.insert(database, names(1, 7));
      // A relay that dies between the two: its batch has reached the bus, its cursor stands where it stood.
      const source = createOutboxSource(database, bench.schema);
      const { rows } = await source.readBatch(await source.readCursor(), 5);
      await bus.publish(rows.map(({ eventId: id, subject, payload: data }) => ({ id, subject, data, headers: {} })));
      await bench.startRelay(bus);
      await eventually(() => expect(bus.names).toEqual([...names(1, 5), ...names(1, 7)]));
      expect(new Set(bus.messages.map(({ id }) => id)).size).toBe(7);
    });

    it("crash - a new relay goes on in the middle of a backlog", async () => {
      await bench.insert(database, names(1, 12));
      const source = createOutboxSource(database, bench.schema);
      const start = await source.readCursor();
      const { next } = await source.readBatch(start, 5);
      expect(await source.advance(start, next)).toBe(true);
      await bench.insert(database, names(13, 14));
      await bench.startRelay(bus, { batchSize: 5 });
      await eventually(() => expect(bus.names).toEqual(names(6, 14)));
    });

    it("cursor - a relay that lost its lead cannot move it", async () => {
      await bench.insert(database, names(1, 3));
      const source = createOutboxSource(database, bench.schema);
      const start = await source.readCursor();
      const { next } = await source.readBatch(start, 10);
      expect(await source.advance(start, next)).toBe(true);
      expect(await source.advance(start, next)).toBe(false);
      expect(await source.readCursor()).toEqual(next);
    });

    it("bus outage - nothing is skipped, and the lag shows", async () => {
      const registry = new Registry();
      bus.failure = new Error("the bus is down");
      await bench.startRelay(bus, { registry });
      await bench.insert(database, names(1, 3));
      await quiet(150);
      await bench.insert(database, names(4, 6));
      const lag = async () => (await registry.getSingleMetric("outbox_relay_lag_seconds")?.get())?.values[0]?.value ?? -1;
      await eventually(async () => expect(await lag()).toBeGreaterThan(0.1));
      expect(bus.names).toEqual([]);
      bus.failure = undefined;
      await eventually(() => expect(bus.names).toEqual(names(1, 6)));
      await eventually(async () => expect(await lag()).toBe(0));
    });

    it("drain - finishes the batch that is under way, and leaves the rest", async () => {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
      bus.beforePublish = () => {
        reach();
        return released;
      };
      await bench.insert(database, names(1, 6));
      const relay = await bench.startRelay(bus, { batchSize: 3 });
      await reached;
      const drained = drainRelay(relay);
      release();
      await drained;
      expect(bus.names).toEqual(names(1, 3));
      const lock = await database.tryAdvisoryLock(lockKey(bench.schema));
      expect(lock).toBeDefined();
      await lock?.release();
      await bench.startRelay(bus);
      await eventually(() => expect(bus.names).toEqual(names(1, 6)));
    });

    it("retention - deletes old published rows, and never an unpublished one", async () => {
      await bench.insert(database, names(1, 5));
      await bench.run("UPDATE $schema.outbox SET create_time = now() - interval '3 days'");
      bus.failure = new Error("the bus is down");
      await bench.startRelay(bus, { retentionMs: 60_000, sweepBatchSize: 2 });
      await quiet(150);
      expect(await bench.countRows()).toBe(5);
      bus.failure = undefined;
      await eventually(() => expect(bus.names).toEqual(names(1, 5)));
      // Rows go with a publication at which no transaction of the server runs any more that ran at theirs, be it another test's.
      let young = 0;
      await eventually(async () => {
        await bench.insert(database, [`young ${++young}`]);
        await quiet(100);
        expect(await bench.countRows()).toBe(young);
      });
      await eventually(() => expect(bus.names.filter((name) => name.startsWith("young"))).toHaveLength(young));
    });

    it("restored database - rows and cursor from another server's life hold nothing up", async () => {
      await bench.insert(database, ["published"]);
      await bench.insert(database, ["pending"]);
      await bench.run("UPDATE $schema.outbox SET transaction_id = transaction_id + 1000000000");
      await bench.run(`INSERT INTO relay.cursors (source, published, window_end, position)
        SELECT '$schema', s.text, s.text, 1 FROM $schema.outbox o, LATERAL (SELECT o.transaction_id || ':' || o.transaction_id || ':' AS text) s
        ORDER BY o.position DESC LIMIT 1`);
      await bench.insert(database, ["new"]);
      await bench.startRelay(bus);
      await eventually(() => expect(bus.names).toContain("new"));
      expect(bus.names).toEqual(["published", "pending", "new"]);
      await bench.insert(database, ["newer"]);
      await eventually(() => expect(bus.names).toContain("newer"));
      expect(await bench.countRows()).toBe(2);
    });
  });
}
