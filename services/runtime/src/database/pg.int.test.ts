import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPostgres } from "../../../../infra/servers/postgres.ts";
import { describeWithPostgres, silentLog } from "../testing/index.ts";
import { describeDatabasePort } from "./database-port.ts";
import { CommitOutcomeUnknownError, isConnectionError, isDeadlock, isSerializationFailure, isStatementTimeout, sqlState } from "./errors.ts";
import { describeMigrations } from "./migrate-port.ts";
import { createPgDatabase } from "./pg.ts";

/** Whatever goes into the second table keeps its COMMIT busy for a while. */
const KEPT = `
  CREATE TABLE kept (id int);
  CREATE TABLE slow_commit (id int);
  CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(5); RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON slow_commit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION be_slow();`;

const update = (id: number) => ({ name: "", text: `UPDATE pair SET n = n + 1 WHERE id = ${id}` });

/** Passes everything on to Postgres, except, when told so, each BEGIN, which becomes nonsense. */
async function createBeginBreaker(target: string) {
  const { hostname, port } = new URL(target);
  let breaks = false;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    client.on("data", (chunk: Buffer) => upstream.write(breaks ? Buffer.from(chunk.toString("latin1").replaceAll("BEGIN ISOLATION", "NOGIN ISOLATION"), "latin1") : chunk));
    upstream.pipe(client);
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) one.on("error", () => undefined).on("close", () => other.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  url.hostname = "127.0.0.1";
  return { url: url.href, breakBegin: () => void (breaks = true), close: () => server.close() };
}

describeWithPostgres("database (Postgres)", (postgres) => {
  describeDatabasePort("Postgres", async () => postgres.open());
});

describeWithPostgres("migrations (Postgres)", (postgres) => {
  describeMigrations("Postgres", async () => postgres.open());
});

describeWithPostgres("database (Postgres) - limits", (postgres) => {
  it("a statement ends at its time-out, and a script does not", async () => {
    const database = createPgDatabase({ url: postgres.url, statementTimeoutMs: 100, log: silentLog });
    const late = await database.query({ name: "", text: "SELECT pg_sleep(2)" }, []).catch((error: unknown) => error);
    expect(isStatementTimeout(late)).toBe(true);
    await database.script("SELECT pg_sleep(0.3)");
    const again = await database.query({ name: "", text: "SELECT pg_sleep(2)" }, []).catch((error: unknown) => error);
    expect(isStatementTimeout(again)).toBe(true);
    await database.close();
  });

  it("a statement that was prepared while its table was small uses the index when the table has grown", async () => {
    const database = createPgDatabase({ url: postgres.url, maxConnections: 1, log: silentLog });
    await database.script("CREATE TABLE grown (id uuid PRIMARY KEY, filling text NOT NULL) WITH (autovacuum_enabled = off)");
    const grow = (rows: number) => database.script(`INSERT INTO grown SELECT gen_random_uuid(), 'x' FROM generate_series(1, ${rows})`);
    await grow(300);
    await database.script("ANALYZE grown");
    const find = () => database.query({ name: "grown.find", text: "SELECT id, filling FROM grown WHERE id = ANY ($1::uuid[])" }, [Array.from({ length: 64 }, () => randomUUID())]);
    for (let count = 0; count < 10; count++) await find();
    await grow(20_000);
    const plan = await database.query({ name: "", text: `EXPLAIN EXECUTE "grown.find" (ARRAY['${randomUUID()}'::uuid])` }, []);
    expect(plan.rows.flat().join("\n")).toMatch(/Index Scan/);
    await database.close();
  });

  it("waiting for a connection ends too, and close waits for running work", async () => {
    const database = createPgDatabase({ url: postgres.url, maxConnections: 1, connectTimeoutMs: 100, log: silentLog });
    const running = database.query({ name: "", text: "SELECT pg_sleep(0.4)" }, []);
    const waiting = await database.query({ name: "", text: "SELECT 1" }, []).catch((error: unknown) => error);
    expect(isConnectionError(waiting)).toBe(true);
    await database.close();
    await database.close();
    expect((await running).rowCount).toBe(1);
  });

  it("a query on the database inside its own transaction ends too, where the pool has no other connection", async () => {
    const database = createPgDatabase({ url: postgres.url, maxConnections: 1, connectTimeoutMs: 100, log: silentLog });
    const nested = database.transaction(() => database.query({ name: "", text: "SELECT 1" }, []));
    expect(isConnectionError(await nested.catch((error: unknown) => error))).toBe(true);
    expect((await database.query({ name: "", text: "SELECT 1" }, [])).rows).toEqual([[1]]);
    await database.close();
  });

  it("a connection that is left in a transaction is not used again", async () => {
    const database = createPgDatabase({ url: postgres.url, maxConnections: 1, log: silentLog });
    const run = async (text: string) => (await database.query({ name: "", text }, [])).rows;
    const [[first]] = (await run("SELECT pg_backend_pid()")) as [[number]];
    await run("BEGIN");
    const [[second]] = (await run("SELECT pg_backend_pid()")) as [[number]];
    expect(second).not.toBe(first);
    expect(await run("SELECT pg_backend_pid()")).toEqual([[second]]);
    await database.close();
  });

  it.each([
    ["", "INSERT INTO begun VALUES (1)"],
    ["", "UPDATE begun SET id = 1"],
    ["", "UPDATE begun AS b SET id = 1"],
    ["", "DELETE FROM begun"],
    ["", "WITH gone AS (DELETE FROM begun RETURNING id) SELECT id FROM gone"],
    ["", "WITH changed AS (UPDATE begun SET id = 1 RETURNING id) SELECT id FROM changed"],
    ["", "WITH new AS (INSERT INTO begun VALUES (1) RETURNING id) SELECT id FROM new"],
    ["", "TRUNCATE begun"],
    ["SELECT id FROM begun FOR UPDATE", "UPDATE begun SET id = 1"],
  ])("where BEGIN fails nothing is stored - %s; %s", async (read, write) => {
    const wire = await createBeginBreaker(postgres.url);
    const database = createPgDatabase({ url: wire.url, log: silentLog });
    await database.script("CREATE TABLE begun (id int); INSERT INTO begun VALUES (7)");
    wire.breakBegin();
    const work = database.transaction(async (tx) => {
      if (read !== "") await tx.query({ name: "", text: read }, []);
      const writing = [tx.query({ name: "", text: write }, []), tx.query({ name: "", text: write }, [])];
      tx.commit(2);
      await Promise.all(writing);
    });
    expect(sqlState(await work.catch((error: unknown) => error))).toBe("42601");
    expect((await database.query({ name: "", text: "SELECT id FROM begun" }, [])).rows).toEqual([[7]]);
    await database.script("DROP TABLE begun");
    await database.close();
    wire.close();
  });

  it("deadlocks and serialization failures are told apart", async () => {
    const database = postgres.open();
    await database.script("CREATE TABLE pair (id int PRIMARY KEY, n int); INSERT INTO pair VALUES (1, 0), (2, 0)");
    const cross = (a: number, b: number): Promise<unknown> =>
      database
        .transaction(async (tx) => {
          await tx.query(update(a), []);
          await sleep(100);
          await tx.query(update(b), []);
        })
        .catch((error: unknown) => error);
    expect((await Promise.all([cross(1, 2), cross(2, 1)])).filter(isDeadlock)).toHaveLength(1);
    const read = (): Promise<unknown> =>
      database
        .transaction(
          async (tx) => {
            await tx.query({ name: "", text: "SELECT n FROM pair WHERE id = 1" }, []);
            await sleep(100);
            await tx.query(update(1), []);
          },
          { isolation: "repeatable read" },
        )
        .catch((error: unknown) => error);
    expect((await Promise.all([read(), read()])).filter(isSerializationFailure)).toHaveLength(1);
  });
});

describe("database (Postgres) - faults", () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    if ("stop" in server) {
      await server.stop();
    }
  });

  it("nobody there is a connection error", async () => {
    const database = createPgDatabase({ url: "postgres://x@127.0.0.1:1/x", log: silentLog });
    const error = await database.query({ name: "", text: "SELECT 1" }, []).catch((reason: unknown) => reason);
    expect(isConnectionError(error)).toBe(true);
    await expect(database.ping(500)).rejects.toThrow(Error);
    await database.close();
  });

  it("survives kill -9 of the server: outcomes named, lock lost, listener back", async ({ skip }) => {
    if ("skipped" in server) {
      return skip(server.skipped);
    }
    const database = createPgDatabase({ url: server.url, log: silentLog });
    const heard: (string | undefined)[] = [];
    await database.listen("fault", (payload) => heard.push(payload));
    const lock = await database.tryAdvisoryLock(7n);
    await database.script(KEPT);
    const committing = database.transaction(async (tx) => tx.query({ name: "", text: "INSERT INTO slow_commit VALUES (1)" }, [])).catch((error: unknown) => error);
    const reading = database.query({ name: "", text: "SELECT pg_sleep(5)" }, []).catch((error: unknown) => error);
    const writing = database.query({ name: "", text: "INSERT INTO kept SELECT 1 FROM pg_sleep(5)" }, []).catch((error: unknown) => error);
    const open = Promise.withResolvers<void>();
    const rolledBack = database
      .transaction(async (tx) => {
        await tx.query({ name: "", text: "INSERT INTO kept VALUES (2)" }, []);
        open.resolve();
        await tx.query({ name: "", text: "SELECT pg_sleep(5)" }, []);
      })
      .catch((error: unknown) => error);
    const committedBehind = database
      .transaction(async (tx) => {
        const slow = tx.query({ name: "", text: "SELECT pg_sleep(5)" }, []);
        tx.commit(1);
        await slow;
      })
      .catch((error: unknown) => error);
    await open.promise;
    await sleep(100);
    await server.kill();
    expect(isConnectionError(await reading)).toBe(true);
    expect(await writing).toBeInstanceOf(CommitOutcomeUnknownError);
    expect(isConnectionError(await writing)).toBe(false);
    expect(await committing).toBeInstanceOf(CommitOutcomeUnknownError);
    expect(isConnectionError(await rolledBack)).toBe(true);
    expect(await committedBehind).toBeInstanceOf(CommitOutcomeUnknownError);
    await expect.poll(() => lock?.lost.aborted).toBe(true);

    await server.restart();
    await expect.poll(() => database.ping(500).then(() => true, () => false), { timeout: 10_000 }).toBe(true);
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual([undefined]);
    await database.query({ name: "", text: "SELECT pg_notify('fault', 'again')" }, []);
    await expect.poll(() => heard).toEqual([undefined, "again"]);
    expect((await database.query({ name: "", text: "SELECT count(*) FROM kept" }, [])).rows).toEqual([[0n]]);
    const again = await database.tryAdvisoryLock(7n);
    expect(again).toBeDefined();
    await database.close();
  });
});
