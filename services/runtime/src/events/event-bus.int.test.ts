import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startNats } from "../../../../infra/servers/nats.ts";
import { describeWithNats, silentLog } from "../testing/index.ts";
import { describeEventBusPort, event, text } from "./event-bus-port.ts";
import type { EventBus, ReceivedEvent } from "./event-bus.ts";
import { createJetStreamBus } from "./jetstream-bus.ts";

describeWithNats("event bus (JetStream)", (url) => {
  const opened: EventBus[] = [];
  const open = async (): Promise<EventBus> => {
    const bus = await createJetStreamBus({ url, requestTimeoutMs: 2_000, log: silentLog });
    opened.push(bus);
    return bus;
  };
  afterEach(() => Promise.all(opened.splice(0).map((bus) => bus.close())));

  describeEventBusPort("JetStream", open);

  it("a durable resumes where it was, and gets what came meanwhile", async () => {
    const durable = `test-${randomUUID()}`;
    const tag = randomUUID();
    const seen: string[] = [];
    const subscribe = async (bus: EventBus): Promise<unknown> =>
      bus.subscribe({ durable, subjects: ["flashdeal.order.v1.>"] }, async (events) => {
        seen.push(...events.map(text).filter((data) => data.startsWith(tag)));
      });
    const first = await open();
    await subscribe(first);
    await first.publish([event(`${tag} 1`)]);
    await expect.poll(() => seen).toEqual([`${tag} 1`]);
    await first.close();

    const second = await open();
    await second.publish([event(`${tag} 2`)]);
    await subscribe(second);
    await expect.poll(() => seen).toEqual([`${tag} 1`, `${tag} 2`]);
  });

  it("the same event id is stored once", async () => {
    const bus = await open();
    const seen: ReceivedEvent[] = [];
    const once = event("once");
    await bus.subscribe({ durable: `test-${randomUUID()}`, subjects: ["flashdeal.order.v1.>"] }, async (events) => {
      seen.push(...events.filter((received) => received.id === once.id));
    });
    await bus.publish([once, once]);
    await bus.publish([once, event("after")]);
    await expect.poll(() => seen.length).toBe(1);
  });

  it("what a drained subscription had taken goes to another", async () => {
    const durable = `test-${randomUUID()}`;
    const tag = randomUUID();
    const [first, second] = [await open(), await open()];
    const seen: string[] = [];
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const slow = await first.subscribe({ durable, subjects: ["flashdeal.order.v1.>"], batchSize: 1, ackWaitMs: 1_000 }, async (events) => {
      if (events.some((received) => text(received).startsWith(tag))) {
        started.resolve();
        await release.promise;
      }
      seen.push(...events.map(text));
    });
    await first.publish(Array.from({ length: 5 }, (_, index) => event(`${tag} ${index}`)));
    await started.promise;
    const drained = slow.drain();
    release.resolve();
    await drained;
    await second.subscribe({ durable, subjects: ["flashdeal.order.v1.>"], ackWaitMs: 1_000 }, async (events) => {
      seen.push(...events.map(text));
    });
    await expect.poll(() => new Set(seen.filter((data) => data.startsWith(tag))).size, { timeout: 5_000 }).toBe(5);
  });

  /** Takes these events as often as that and never answers for them, as processes do that are killed. */
  async function takeAndDie(options: { readonly durable: string; readonly subject: string; readonly events: number; readonly lives: number }): Promise<void> {
    const connection = await connect({ servers: url });
    const manager = await jetstreamManager(connection);
    await manager.consumers.add("ORDERS", { durable_name: options.durable, filter_subject: options.subject, ack_policy: AckPolicy.Explicit, ack_wait: nanos(200) });
    const consumer = await jetstream(connection).consumers.get("ORDERS", options.durable);
    for (let life = 0; life < options.lives; life++) {
      let taken = 0;
      for await (const message of await consumer.fetch({ max_messages: options.events, expires: 5_000 })) taken += message.seq > 0 ? 1 : 0;
      expect(taken).toBe(options.events);
    }
    await connection.close();
  }

  it("what a killed process had taken comes in batches again", async () => {
    const durable = `test-${randomUUID()}`;
    const subject = `flashdeal.order.v1.${durable}`;
    const bus = await open();
    await bus.publish(Array.from({ length: 20 }, (_, index) => ({ ...event(String(index)), subject })));
    await takeAndDie({ durable, subject, events: 20, lives: 1 });
    const batches: number[] = [];
    await bus.subscribe({ durable, subjects: [subject], ackWaitMs: 200 }, async (events) => void batches.push(events.length));
    await expect.poll(() => batches.reduce((sum, size) => sum + size, 0), { timeout: 10_000 }).toBe(20);
    expect(Math.max(...batches)).toBeGreaterThan(1);
  }, 30_000);

  it("what was taken again and again by processes that were killed is no dead letter for that", async () => {
    const durable = `test-${randomUUID()}`;
    const subject = `flashdeal.order.v1.${durable}`;
    const bus = await open();
    await bus.publish(Array.from({ length: 5 }, (_, index) => ({ ...event(String(index)), subject })));
    await takeAndDie({ durable, subject, events: 5, lives: 4 });
    const failed = new Set<string>();
    const seen: string[] = [];
    await bus.subscribe({ durable, subjects: [subject], ackWaitMs: 200, maxAttempts: 2, backoffMs: [10] }, async (events) => {
      for (const data of events.map(text)) {
        if (failed.has(data)) continue;
        failed.add(data);
        throw new Error("fails once");
      }
      seen.push(...events.map(text));
    });
    await expect.poll(() => seen.toSorted(), { timeout: 20_000 }).toEqual(["0", "1", "2", "3", "4"]);
  }, 30_000);

  it("what waits behind a slow handler is not delivered again", async () => {
    const durable = `test-${randomUUID()}`;
    const tag = randomUUID();
    const bus = await open();
    const seen: { readonly data: string; readonly attempt: number }[] = [];
    const subscription = await bus.subscribe({ durable, subjects: ["flashdeal.order.v1.>"], batchSize: 2, ackWaitMs: 300 }, async (events) => {
      const mine = events.filter((received) => text(received).startsWith(tag));
      if (mine.length > 0) await sleep(700);
      seen.push(...mine.map((received) => ({ data: text(received), attempt: received.attempt })));
    });
    await bus.publish(Array.from({ length: 6 }, (_, index) => event(`${tag} ${index}`)));
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(6);
    await sleep(600);
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1, 1]);
    await subscription.drain();
  });
});

describe("event bus (JetStream) - faults", () => {
  // Kills its own server, so it does not use the run's.
  let server: Awaited<ReturnType<typeof startNats>>;
  beforeAll(async () => {
    server = await startNats();
  });
  afterAll(async () => {
    if ("stop" in server) {
      await server.stop();
    }
  });

  it("publish rejects in time while the server is gone; both sides go on when it is back", async ({ skip }) => {
    if ("skipped" in server) {
      return skip(server.skipped);
    }
    const bus = await createJetStreamBus({ url: server.url, requestTimeoutMs: 500, log: silentLog });
    const seen: string[] = [];
    await bus.subscribe({ durable: "faults", subjects: ["flashdeal.order.v1.>"], ackWaitMs: 1_000 }, async (events) => {
      seen.push(...events.map(text));
    });
    // The server keeps ephemeral consumers in memory: they must be made again.
    const heard: string[] = [];
    await bus.subscribe({ durable: "near-cache", ephemeral: true, subjects: ["flashdeal.order.v1.>"] }, async (events) => {
      heard.push(...events.map(text));
    });
    await bus.publish([event("before")]);
    await expect.poll(() => [seen, heard]).toEqual([["before"], ["before"]]);
    await server.kill();
    const begun = performance.now();
    await expect(bus.publish([event("lost")])).rejects.toThrow(Error);
    expect(performance.now() - begun).toBeLessThan(3_000);
    await expect(bus.ping(300)).rejects.toThrow(Error);
    await server.restart();
    await expect.poll(() => bus.publish([event("after")]).then(() => true, () => false), { timeout: 10_000 }).toBe(true);
    await expect.poll(() => seen, { timeout: 15_000 }).toContain("after");
    await expect
      .poll(
        async () => {
          await bus.publish([event("heard again")]);
          return heard;
        },
        { timeout: 15_000, interval: 100 },
      )
      .toContain("heard again");
    await bus.close();
  }, 60_000);

  it("publish rejects in time while the server is there but does not answer", async ({ skip }) => {
    if ("skipped" in server || server.pid === undefined) {
      return skip("skipped" in server ? server.skipped : "no process of our own to stop");
    }
    const { pid } = server;
    const bus = await createJetStreamBus({ url: server.url, requestTimeoutMs: 300, log: silentLog });
    process.kill(pid, "SIGSTOP");
    try {
      // The signal takes effect a moment later, on each of the server's threads.
      await expect.poll(() => bus.ping(100).then(() => true, () => false)).toBe(false);
      const begun = performance.now();
      await expect(bus.publish([event("stuck")])).rejects.toThrow(/did not acknowledge/);
      expect(performance.now() - begun).toBeLessThan(2_000);
      await expect(bus.ping(200)).rejects.toThrow(Error);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await expect(bus.publish([event("again")])).resolves.toBeUndefined();
    await bus.close();
  });

  it("publish rejects as soon as the connection is lost, and waits until it is back", async ({ skip }) => {
    if ("skipped" in server || server.pid === undefined) {
      return skip("skipped" in server ? server.skipped : "no process of our own to stop");
    }
    const bus = await createJetStreamBus({ url: server.url, requestTimeoutMs: 20_000, log: silentLog });
    process.kill(server.pid, "SIGSTOP");
    await expect.poll(() => bus.ping(100).then(() => true, () => false)).toBe(false);
    const begun = performance.now();
    const stuck = bus.publish([event("stuck")]).then(() => "published", String);
    await server.kill();
    expect(await stuck).toMatch(/connection to the event bus is lost/);
    const back = bus.publish([event("while it is away")]);
    await server.restart();
    await back;
    await bus.publish([event("again")]);
    expect(performance.now() - begun).toBeLessThan(10_000);
    await bus.close();
  });

  it("rejects with a sentence where nobody answers", async () => {
    await expect(createJetStreamBus({ url: "nats://127.0.0.1:1", connectTimeoutMs: 300, log: silentLog })).rejects.toThrow("cannot be reached");
  });
});
