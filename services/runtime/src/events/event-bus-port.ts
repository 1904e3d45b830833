import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { CommitOutcomeUnknownError } from "../database/errors.ts";
import type { EventBus, EventMessage, ReceivedEvent } from "./event-bus.ts";

/** Before anything is delivered again. */
const promptly = { timeout: 3_000 } as const;

const SUBJECT = "flashdeal.order.v1.OrderCreated";

/** What every adapter of the event bus does. `open` gives a bus over an empty server; `durable` names are new in each test. */
export function describeEventBusPort(name: string, open: () => Promise<EventBus>): void {
  describe(`event bus (${name})`, () => {
    const opened: EventBus[] = [];
    const openBus = async (): Promise<EventBus> => {
      const bus = await open();
      opened.push(bus);
      return bus;
    };
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((bus) => bus.close()));
    });

    it("delivers what was published, in batches, whole and in order", async () => {
      const bus = await openBus();
      const batches: (readonly ReceivedEvent[])[] = [];
      await bus.subscribe({ durable: newName(), subjects: ["flashdeal.order.v1.>"], batchSize: 10 }, async (events) => {
        batches.push(events);
      });
      const sent = Array.from({ length: 25 }, (_, index) => event(String(index), { traceparent: "00-ab-cd-01" }));
      await bus.publish(sent);
      await expect.poll(() => mine(batches.flat(), sent).length, promptly).toBe(25);
      const received = mine(batches.flat(), sent);
      expect(received.map(text)).toEqual(sent.map(text));
      expect(received[0]).toMatchObject({ id: sent[0]?.id, subject: SUBJECT, headers: { traceparent: "00-ab-cd-01" }, attempt: 1 });
      expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(10);
    });

    it("matches subjects with wildcards, of several filters too", async () => {
      const bus = await openBus();
      const seen: Record<string, string[]> = { star: [], tail: [], both: [] };
      const listen = (key: string, subjects: string[]): Promise<unknown> =>
        bus.subscribe({ durable: newName(), subjects }, async (events) => {
          seen[key]?.push(...events.map(text));
        });
      await listen("star", ["flashdeal.order.v1.*.Deep"]);
      await listen("tail", ["flashdeal.product.v1.>"]);
      await listen("both", ["flashdeal.order.v1.OrderPaid", "flashdeal.order.v1.OrderShipped"]);
      const tag = randomUUID();
      const send = (subject: string): EventMessage => ({ ...event(`${tag} ${subject}`), subject });
      const subjects = ["order.v1.A.Deep", "order.v1.OrderPaid", "order.v1.OrderShipped", "order.v1.OrderCreated", "product.v1.StockChanged"];
      await bus.publish(subjects.map((subject) => send(`flashdeal.${subject}`)));
      const tagged = (key: string): string[] => (seen[key] ?? []).filter((line) => line.startsWith(tag)).map((line) => line.split(".").at(-1) ?? "");
      await expect.poll(() => [tagged("star"), tagged("tail"), tagged("both")]).toEqual([["Deep"], ["StockChanged"], ["OrderPaid", "OrderShipped"]]);
    });

    it("isolates a poison event, and gives it to the dead letters after its attempts", async () => {
      const bus = await openBus();
      const durable = newName();
      const dead: ReceivedEvent[] = [];
      const handled: string[] = [];
      const attempts: number[] = [];
      await bus.subscribe({ durable: newName(), subjects: [`flashdeal.deadletter.${durable}`] }, async (events) => {
        dead.push(...events);
      });
      await bus.subscribe({ durable, subjects: ["flashdeal.order.v1.>"], maxAttempts: 3, backoffMs: [20] }, async (events) => {
        const poison = events.find((received) => text(received) === "poison");
        if (poison !== undefined) {
          if (events.length === 1) {
            attempts.push(poison.attempt);
          }
          throw new Error("cannot read\nthis");
        }
        handled.push(...events.map(text));
      });
      const sent = ["a", "poison", "b", "c"].map((data) => event(data));
      await bus.publish(sent);
      await expect.poll(() => dead.length, { timeout: 10_000 }).toBe(1);
      expect(handled.filter((data) => "abc".includes(data)).toSorted()).toEqual(["a", "b", "c"]);
      expect(attempts).toEqual([1, 2, 3]);
      expect(dead[0]).toMatchObject({
        subject: `flashdeal.deadletter.${durable}`,
        headers: { "deadletter-subject": SUBJECT, "deadletter-event-id": sent[1]?.id, "deadletter-error": "Error: cannot read this" },
      });
      expect(dead.map(text)).toEqual(["poison"]);
    });

    it("waits where the handler's surroundings are down, without counting attempts", async () => {
      const bus = await openBus();
      let calls = 0;
      const done: number[] = [];
      await bus.subscribe({ durable: newName(), subjects: ["flashdeal.order.v1.>"], maxAttempts: 1 }, async (events) => {
        calls++;
        if (calls <= 2) {
          throw calls === 1 ? new CommitOutcomeUnknownError("gone") : Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
        }
        done.push(...events.map((received) => received.attempt));
      });
      await bus.publish([event("x")]);
      await expect.poll(() => done).toContain(1);
      expect(calls).toBeGreaterThanOrEqual(3);
    });

    it("shares the work among subscriptions of one durable name", async () => {
      const [first, second] = [await openBus(), await openBus()];
      const durable = newName();
      const seen: string[] = [];
      for (const bus of [first, second]) {
        await bus.subscribe({ durable, subjects: ["flashdeal.order.v1.>"] }, async (events) => {
          seen.push(...events.map(text));
        });
      }
      const tag = randomUUID();
      const sent = Array.from({ length: 200 }, (_, index) => event(`${tag} ${index}`));
      await first.publish(sent);
      const tagged = (): string[] => seen.filter((data) => data.startsWith(tag));
      await expect.poll(() => tagged().length, promptly).toBe(200);
      await sleep(100);
      expect(tagged().toSorted()).toEqual(sent.map(text).toSorted());
    });

    it("gives every ephemeral subscription everything from now on", async () => {
      const bus = await openBus();
      const tag = randomUUID();
      const seen: string[][] = [[], []];
      for (const list of seen) {
        await bus.subscribe({ durable: "near-cache", ephemeral: true, subjects: ["flashdeal.product.v1.>"] }, async (events) => {
          if (events.some((received) => text(received).endsWith("bad"))) {
            throw new Error("lost");
          }
          list.push(...events.map(text).filter((data) => data.startsWith(tag)));
        });
      }
      const send = (data: string): EventMessage => ({ ...event(`${tag} ${data}`), subject: "flashdeal.product.v1.StockChanged" });
      await bus.publish([send("bad")]);
      await sleep(200);
      await bus.publish([send("good")]);
      await expect.poll(() => seen).toEqual([[`${tag} good`], [`${tag} good`]]);
    });

    it("drain waits for the running handler, and nothing comes after it", async () => {
      const bus = await openBus();
      const tag = randomUUID();
      const order: string[] = [];
      const started = Promise.withResolvers<void>();
      const subscription = await bus.subscribe({ durable: newName(), subjects: ["flashdeal.order.v1.>"] }, async (events) => {
        if (events.some((received) => text(received).startsWith(tag))) {
          started.resolve();
          await sleep(200);
          order.push("handled");
        }
      });
      const published = bus.publish([event(tag)]);
      await started.promise;
      await subscription.drain();
      order.push("drained");
      await published;
      await bus.publish([event(`${tag} late`)]).catch(() => undefined);
      await sleep(200);
      expect(order).toEqual(["handled", "drained"]);
    });

    it("refuses settings out of range, and everything after close", async () => {
      const bus = await openBus();
      await expect(bus.subscribe({ durable: "a.b", subjects: ["flashdeal.order.v1.>"] }, ignore)).rejects.toThrow(RangeError);
      await expect(bus.subscribe({ durable: "ok", subjects: [] }, ignore)).rejects.toThrow(RangeError);
      await bus.ping(1_000);
      await bus.close();
      await bus.close();
      await expect(bus.publish([event("x")])).rejects.toThrow("closed");
      await expect(bus.subscribe({ durable: "ok", subjects: ["flashdeal.order.v1.>"] }, ignore)).rejects.toThrow("closed");
    });
  });
}

/** A new event on the port's test subject. */
export function event(data: string, headers: Readonly<Record<string, string>> = {}): EventMessage {
  return { id: randomUUID(), subject: SUBJECT, data: new TextEncoder().encode(data), headers };
}

/** The payload as text. */
export function text(message: EventMessage): string {
  return new TextDecoder().decode(message.data);
}

function mine(received: readonly ReceivedEvent[], sent: readonly EventMessage[]): readonly ReceivedEvent[] {
  const ids = new Set(sent.map((message) => message.id));
  return received.filter((message) => ids.has(message.id));
}

function newName(): string {
  return `test-${randomUUID()}`;
}

async function ignore(): Promise<void> {}
