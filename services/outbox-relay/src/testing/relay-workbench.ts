import { randomUUID } from "node:crypto";
import { migrate, type Database, type Queryable } from "@flashdeal/runtime/database";
import type { EventBus, EventMessage } from "@flashdeal/runtime/events";
import type { Composed } from "@flashdeal/runtime/lifecycle";
import { createLogger, Registry } from "@flashdeal/runtime/telemetry";
import { composeOutboxRelay, outboxRelayMigrations } from "../compose.ts";
import { loadOutboxRelayConfig, type OutboxRelayConfig } from "../config.ts";

/** An event bus that remembers what it was given, and can refuse. */
export interface RecordingBus extends EventBus {
  /** Subjects' last part of every stored event, in order; repeated ones too. */
  readonly names: string[];
  readonly messages: EventMessage[];
  /** Set: publishing throws this. */
  failure: Error | undefined;
  /** Called before events are stored; may wait. */
  beforePublish: () => Promise<void>;
}

/** An empty bus. */
export function createRecordingBus(): RecordingBus {
  const messages: EventMessage[] = [];
  const names: string[] = [];
  return {
    messages,
    names,
    failure: undefined,
    beforePublish: async () => {},
    async publish(events) {
      await this.beforePublish();
      if (this.failure !== undefined) throw this.failure;
      messages.push(...events);
      names.push(...events.map(({ subject }) => subject.slice(subject.lastIndexOf(".") + 1)));
    },
    subscribe: () => Promise.reject(new Error("nobody subscribes here")),
    ping: async () => {},
    close: async () => {},
  };
}

/** A schema of its own with an outbox, and what a test does with it. */
export interface Workbench {
  readonly schema: string;
  /** Inserts events, named by their subject, in the transaction or statement of `db`, and notifies. */
  insert(db: Queryable, names: readonly string[], aggregateKey?: string): Promise<void>;
  /** Number of rows in the outbox. */
  countRows(): Promise<number>;
  /** Runs a statement with the schema in place of `$schema`. */
  run(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** A relay of this schema. It is drained by `close`. */
  startRelay(bus: EventBus, options?: Partial<OutboxRelayConfig> & { readonly database?: Database; readonly registry?: Registry }): Promise<Composed>;
  /** Drains every relay that was started. */
  close(): Promise<void>;
}

/** Prepares a fresh schema in the database. */
export async function createWorkbench(database: Database): Promise<Workbench> {
  const schema = `shop_${randomUUID().slice(0, 8)}`;
  await migrate(database, outboxRelayMigrations);
  await database.script(`
    CREATE SCHEMA ${schema};
    CREATE TABLE ${schema}.outbox (
      position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      transaction_id bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
      event_id uuid NOT NULL, subject text NOT NULL, aggregate_key text NOT NULL, payload bytea NOT NULL,
      headers jsonb NOT NULL DEFAULT '{}', create_time timestamptz NOT NULL DEFAULT now());
    CREATE INDEX outbox_commit_order ON ${schema}.outbox (transaction_id, position);`);
  const relays: Composed[] = [];
  const run = async (sql: string) => (await database.query({ name: "", text: sql.replaceAll("$schema", schema) }, [])).rows;
  return {
    schema,
    run,
    async insert(db, names, aggregateKey = "aggregate") {
      const text = `INSERT INTO ${schema}.outbox (event_id, subject, aggregate_key, payload, headers)
        SELECT gen_random_uuid(), 'flashdeal.test.v1.' || t.name, $2, convert_to(t.name, 'UTF8'), '{"traceparent": "00-1"}'
        FROM unnest($1::text[]) WITH ORDINALITY AS t (name, ordinal) ORDER BY t.ordinal`;
      await db.query({ name: "", text }, [names, aggregateKey]);
      await db.query({ name: "", text: `SELECT pg_notify('outbox', '${schema}')` }, []);
    },
    countRows: async () => Number((await run("SELECT count(*) FROM $schema.outbox"))[0]?.[0]),
    async startRelay(bus, options = {}) {
      const { database: own = database, registry = new Registry(), ...overrides } = options;
      const quick = { schemas: [schema], pollMs: 50, leaderRetryMs: 30, retryFirstMs: 5, retryMaxMs: 50, sweepMs: 20 };
      const config = { ...loadOutboxRelayConfig({}), ...quick, ...overrides };
      const relay = composeOutboxRelay(config, { database: own, eventBus: bus, metrics: registry, log: createLogger({ name: "test", level: "silent" }) });
      relays.push(relay);
      for (const { start } of relay.background) await start();
      return relay;
    },
    async close() {
      await Promise.all(relays.map(drainRelay));
    },
  };
}

/** Drains a relay's loops. */
export async function drainRelay(relay: Composed): Promise<void> {
  await Promise.all(relay.background.map(({ drain }) => drain()));
}
