import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { int4Array, int8Array, uuidArray } from "./binary-array.ts";
import type { Database, QueryResult } from "./database.ts";
import { TransactionRolledBackError, isCheckViolation, isForeignKeyViolation, isUniqueViolation, sqlState } from "./errors.ts";

const SCHEMA = `
  CREATE TYPE mood AS ENUM ('happy', 'so so');
  CREATE TABLE item (id bigint PRIMARY KEY, amount int NOT NULL CONSTRAINT item_amount_positive CHECK (amount >= 0));
  CREATE TABLE part (id bigint PRIMARY KEY, item_id bigint CONSTRAINT part_item REFERENCES item, UNIQUE (item_id));
  CREATE TABLE wide (
    id int PRIMARY KEY, i2 int2, i4 int4, i8 int8, f8 float8, num numeric, b bool, t text, u uuid, ts timestamptz, by bytea,
    j json, jb jsonb, m mood, i8s int8[], us uuid[], tss timestamptz[], bys bytea[], ts_text text[], ms mood[], bs bool[], jbs jsonb[], nums numeric[]
  );`;

const WIDE_COLUMNS = "i2, i4, i8, f8, num, b, t, u, ts, by, j, jb, m, i8s, us, tss, bys, ts_text, ms, bs, jbs, nums";
const UUID = "01890a5d-ac96-774b-bcce-b302099a8057";

/** What every adapter of the database does. `open` gives a connection to one empty database; called once per test set. */
export function describeDatabasePort(name: string, open: () => Promise<Database>): void {
  describe(`database (${name})`, () => {
    let database: Database;
    const run = (text: string, values: readonly unknown[] = []): Promise<QueryResult> => database.query({ name: "", text }, values);
    const count = async (): Promise<unknown> => (await run("SELECT count(*) FROM item")).rows[0]?.[0];
    const increment = (): Promise<void> =>
      database.transaction(async (tx) => {
        const { rows } = await tx.query({ name: "port.lock", text: "SELECT amount FROM item WHERE id = 1 FOR UPDATE" }, []);
        await tx.query({ name: "port.set", text: "UPDATE item SET amount = $1 WHERE id = 1" }, [Number(rows[0]?.[0]) + 1]);
      });

    beforeAll(async () => {
      database = await open();
      await database.script(SCHEMA);
    });
    beforeEach(() => database.script("TRUNCATE item, part, wide"));
    afterAll(() => database.close());

    describe("values", () => {
      const placeholders = WIDE_COLUMNS.split(", ").map((_column, index) => `$${index + 2}`);
      const roundTrip = async (id: number, values: readonly unknown[]): Promise<readonly unknown[]> => {
        await run(`INSERT INTO wide (id, ${WIDE_COLUMNS}) VALUES ($1, ${placeholders.join(", ")})`, [id, ...values]);
        const answer = await run(`SELECT ${WIDE_COLUMNS} FROM wide WHERE id = $1`, [id]);
        return answer.rows[0] ?? [];
      };

      it("come back as they went", async () => {
        const now = new Date("2026-02-03T04:05:06.789Z");
        const bytes = Uint8Array.of(0, 1, 92, 34, 255);
        const scalars = [-32_768, 2_147_483_647, 9_223_372_036_854_775_807n, -1.5e-7, "12345678901234567890.123456789", true, 'a "quoted" \\ ñ 🙂\n{,}', UUID];
        const others = [now, bytes, { a: [1, null] }, { b: "x" }, "so so"];
        const lists = [[1n, null, -9_223_372_036_854_775_808n], [UUID, null], [now, null], [bytes, Uint8Array.of(), null]];
        const texts = [["a", null, "NULL", "", ' "b" ', "{c,d}", "\\"], ["happy", "so so"], [true, false, null], [{ a: 1 }, { b: '"' }], ["1.50", null]];
        const values: readonly unknown[] = [...scalars, ...others, ...lists, ...texts];
        expect(await roundTrip(1, values)).toEqual(values);
      });

      it("may all be null, and arrays empty or nested", async () => {
        const nulls: readonly unknown[] = WIDE_COLUMNS.split(", ").map(() => null);
        expect(await roundTrip(2, nulls)).toEqual(nulls);
        expect(await roundTrip(3, nulls.with(13, []))).toEqual(nulls.with(13, []));
        const bytes = [Uint8Array.of(0, 255), Uint8Array.of(), new Uint8Array(100_000).fill(7)];
        expect(await roundTrip(5, nulls.with(16, bytes))).toEqual(nulls.with(16, bytes));
        const nested = [
          ["a", "b"],
          ["c", null],
        ];
        expect((await run("SELECT $1::text[]", [nested])).rows).toEqual([[nested]]);
      });

      it("have the very types of JavaScript that the port promises", async () => {
        const answer = await run(
          "SELECT 1::int2, 1::int4, 1::int8, count(*), 1.5::float4, 1.50::numeric, 'x'::bytea, now(), 'x'::name, 'happy'::mood, '{happy}'::mood[], ARRAY[1::int8] FROM item",
        );
        const row = answer.rows[0] ?? [];
        expect(row.map((value) => (typeof value === "object" && value !== null ? value.constructor.name : typeof value))).toEqual(
          "number number bigint bigint number string Uint8Array Date string string Array Array".split(" "),
        );
      });

      it("keep instants exact to the millisecond, far ones and old ones", async () => {
        const instants = ["1970-01-01T00:00:00.000Z", "2026-03-29T01:59:59.999Z", "0001-01-01T00:00:00.000Z", "0099-12-31T23:59:59.001Z", "9999-12-31T23:59:59.999Z"].map((instant) => new Date(instant));
        expect((await run("SELECT $1::timestamptz[]", [instants])).rows).toEqual([[instants]]);
        expect((await run("SELECT '2026-01-01 00:00:00.123999+05:30'::timestamptz")).rows[0]?.[0]).toEqual(new Date("2025-12-31T18:30:00.123Z"));
        await expect(run("SELECT 'infinity'::timestamptz")).rejects.toThrow(RangeError);
      });

      it("travel in binary form as arrays of ids and integers", async () => {
        const ids = ["00000000-0000-0000-0000-000000000000", "0123456f-89ab-4def-8123-456789abcdef", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"];
        const big = [0n, -(2n ** 63n), 2n ** 63n - 1n, -1n];
        const small = [0, -(2 ** 31), 2 ** 31 - 1, -1];
        expect([uuidArray(ids), int8Array(big), int4Array(small)].every((array) => array instanceof Uint8Array)).toBe(true);
        expect((await run("SELECT $1::uuid[], $2::int8[], $3::int4[]", [uuidArray(ids), int8Array(big), int4Array(small)])).rows).toEqual([
          [ids.map((id) => id.toLowerCase()), big, small],
        ]);
        const [id = ""] = ids;
        expect((await run("SELECT $1::uuid[], $2::int8[], $3::int4[]", [uuidArray([null, id]), int8Array([1n, null]), int4Array([null])])).rows).toEqual([[[null, id], [1n, null], [null]]]);
        expect((await run("SELECT $1::uuid[], $2::int8[], $3::int4[]", [uuidArray([]), int8Array([]), int4Array([])])).rows).toEqual([[[], [], []]]);
        expect((await run("SELECT $1::uuid[], $2::int8[], $3::int4[]", [uuidArray(null), int8Array(null), int4Array(null)])).rows).toEqual([[null, null, null]]);
      });

      it("are judged by Postgres where they are no ids or too large", async () => {
        const errorOf = (text: string, value: unknown): Promise<unknown> => run(text, [value]).then(() => undefined, (error: unknown) => error);
        const id = "0123456f-89ab-4def-8123-456789abcdef";
        const withoutDash = [8, 13, 18, 23].map((place) => `${id.slice(0, place)}0${id.slice(place + 1)}`);
        for (const bad of ["", "nonsense", `${id}0`, id.replace("f-", "g-"), id.replace("0", "\u0131"), ...withoutDash]) {
          expect(await errorOf("SELECT $1::uuid[]", uuidArray([id, bad]))).toMatchObject({ code: "22P02" });
        }
        expect((await run("SELECT $1::uuid[]", [uuidArray([id.replaceAll("-", ""), `{${id}}`])])).rows).toEqual([[[id, id]]]);
        expect(await errorOf("SELECT $1::int8[]", int8Array([1n, 2n ** 63n]))).toMatchObject({ code: "22003" });
        expect(await errorOf("SELECT $1::int4[]", int4Array([1, 2 ** 31]))).toMatchObject({ code: "22003" });
        expect(await errorOf("SELECT $1::int4[]", int4Array([1.5]))).toMatchObject({ code: "22P02" });
      });

      it("reach unnest as arrays", async () => {
        const answer = await run("SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[]) AS x(a, b, c) ORDER BY a", [
          [2n, 1n],
          ["two", "one"],
          [Uint8Array.of(2), Uint8Array.of(1)],
        ]);
        expect(answer.rows).toEqual([
          [1n, "one", Uint8Array.of(1)],
          [2n, "two", Uint8Array.of(2)],
        ]);
      });

      it("refuse what has no SQL form", async () => {
        await expect(run("SELECT $1::text", [() => 1])).rejects.toThrow(TypeError);
        await expect(run("SELECT $1::timestamptz", [new Date(Number.NaN)])).rejects.toThrow(RangeError);
        for (const ms of [Number.NaN, Date.parse("9999-12-31T23:59:59.999Z") + 1, Date.parse("0001-01-01T00:00:00Z") - 1]) {
          await expect(run("SELECT $1::timestamptz[]", [[new Date(), new Date(ms)]])).rejects.toThrow(RangeError);
        }
        expect((await run("SELECT 1")).rows).toEqual([[1]]);
      });
    });

    describe("statements", () => {
      it("count what they return or change", async () => {
        expect(await run("INSERT INTO item SELECT n, 1 FROM generate_series(1, 5) n")).toEqual({ rows: [], rowCount: 5 });
        expect((await run("UPDATE item SET amount = 2 WHERE id > 2")).rowCount).toBe(3);
        expect((await run("SELECT id FROM item")).rowCount).toBe(5);
        expect((await run("DELETE FROM item WHERE id = 1 RETURNING id")).rows).toEqual([[1n]]);
        expect((await run("SELECT id FROM item WHERE id = 99")).rowCount).toBe(0);
      });

      it("are prepared by name, also after one has failed", async () => {
        const insert = { name: "port.insert", text: "INSERT INTO item VALUES ($1, $2)" };
        await database.query(insert, [1n, 1]);
        await expect(database.query(insert, [1n, 1])).rejects.toThrow("duplicate key");
        await database.query(insert, [2n, 1]);
        const broken = { name: "port.broken", text: "SELECT no_such_column FROM item" };
        await expect(database.query(broken, [])).rejects.toThrow("no_such_column");
        await expect(database.query(broken, [])).rejects.toThrow("no_such_column");
        expect((await run("SELECT count(*) FROM item")).rows).toEqual([[2n]]);
      });

      it("report SQLSTATE and constraint", async () => {
        await run("INSERT INTO item VALUES (1, 1)");
        const errorOf = (text: string): Promise<unknown> => run(text).then(() => undefined, (error: unknown) => error);
        const unique = await errorOf("INSERT INTO item VALUES (1, 1)");
        expect(isUniqueViolation(unique)).toBe(true);
        expect(isUniqueViolation(unique, "item_pkey")).toBe(true);
        expect(isUniqueViolation(unique, "other")).toBe(false);
        expect(isCheckViolation(await errorOf("UPDATE item SET amount = -1"), "item_amount_positive")).toBe(true);
        expect(isForeignKeyViolation(await errorOf("INSERT INTO part VALUES (1, 99)"), "part_item")).toBe(true);
        expect(sqlState(await errorOf("nonsense"))).toBe("42601");
      });

      it("run at once, more than there are connections", async () => {
        await Promise.all(Array.from({ length: 50 }, (_, index) => database.query({ name: "port.insert", text: "INSERT INTO item VALUES ($1, $2)" }, [BigInt(index), 1])));
        expect((await run("SELECT count(*), sum(amount)::int8 FROM item")).rows).toEqual([[50n, 50n]]);
      });
    });

    describe("transactions", () => {
      const add = { name: "port.add", text: "INSERT INTO item VALUES ($1, 1)" };
      it("commit what they answer", async () => {
        const answer = await database.transaction(async (tx) => {
          await tx.query(add, [1n]);
          await Promise.all([tx.query(add, [2n]), tx.query(add, [3n])]);
          return "done";
        });
        expect(answer).toBe("done");
        expect(await count()).toBe(3n);
      });

      it("roll back on an error, and throw that very error", async () => {
        const mine = new Error("mine");
        const work = database.transaction(async (tx) => {
          await tx.query(add, [1n]);
          throw mine;
        });
        await expect(work).rejects.toBe(mine);
        expect(await count()).toBe(0n);
      });

      it("throw where a swallowed error has rolled them back", async () => {
        const work = database.transaction(async (tx) => {
          await tx.query(add, [1n]);
          await tx.query(add, [1n]).catch(() => undefined);
        });
        await expect(work).rejects.toThrow(TransactionRolledBackError);
        expect(await count()).toBe(0n);
      });

      it("run what is sent at once in its order, whether it reads or writes", async () => {
        const counted = { name: "port.count", text: "SELECT count(*) FROM item" };
        const rows = await database.transaction(async (tx) => {
          const answers = [tx.query(counted, []), tx.query(add, [1n]), tx.query(counted, []), tx.query(add, [2n]), tx.query(counted, [])];
          return (await Promise.all(answers)).flatMap((answer) => answer.rows.flat());
        });
        expect(rows).toEqual([0n, 1n, 2n]);
      });

      describe("that commit behind what is under way", () => {
        it("store it, answer, and take no more statements", async () => {
          const answer = await database.transaction(async (tx) => {
            await tx.query(add, [1n]);
            const adding = [tx.query(add, [2n]), tx.query(add, [3n])];
            tx.commit(2);
            await expect(tx.query(add, [4n])).rejects.toThrow("ended");
            return (await Promise.all(adding)).map(({ rowCount }) => rowCount);
          });
          expect(answer).toEqual([1, 1]);
          expect(await count()).toBe(3n);
        });

        it("store nothing where one of the statements fails, and throw its error", async () => {
          for (const [first, second] of [[1n, 2n], [2n, 1n]] as const) {
            const work = database.transaction(async (tx) => {
              await tx.query(add, [1n]);
              const adding = [tx.query(add, [first]), tx.query(add, [second])];
              tx.commit(2);
              await Promise.all(adding);
            });
            expect(sqlState(await work.catch((error: unknown) => error))).toBe("23505");
            expect(await count()).toBe(0n);
          }
          await database.query(add, [1n]);
          expect(await count()).toBe(1n);
        });

        it("store nothing where the error of a statement is swallowed", async () => {
          const work = database.transaction(async (tx) => {
            const adding = [tx.query(add, [1n]), tx.query(add, [1n])];
            tx.commit(2);
            await Promise.allSettled(adding);
          });
          await expect(work).rejects.toThrow(TransactionRolledBackError);
          expect(await count()).toBe(0n);
        });

        it("store nothing where one of the statements could not be sent", async () => {
          const work = database.transaction(async (tx) => {
            const adding = [tx.query(add, [1n]), tx.query(add, [() => 2n])];
            tx.commit(2);
            await Promise.all(adding);
          });
          await expect(work).rejects.toThrow("a function cannot be an SQL parameter");
          expect(await count()).toBe(0n);
        });

        it("store nothing where two of the statements have one name", async () => {
          const work = database.transaction(async (tx) => {
            const adding = [tx.query(add, [1n]), tx.query({ name: add.name, text: "INSERT INTO item VALUES ($1, 2)" }, [2n])];
            tx.commit(2);
            await Promise.all(adding);
          });
          await expect(work).rejects.toThrow("two statements are named port.add");
          expect(await count()).toBe(0n);
        });

        it("do not end, where another number is under way", async () => {
          await database.transaction(async (tx) => {
            const adding = tx.query(add, [1n]);
            tx.commit(2);
            await adding;
            await tx.query(add, [2n]);
          });
          expect(await count()).toBe(2n);
        });
      });

      it("refuse statements after their end", async () => {
        const leaked = await database.transaction(async (tx) => tx);
        await expect(leaked.query(add, [1n])).rejects.toThrow("ended");
      });

      it("heed their signal before and during", async () => {
        const reason = new Error("too late");
        await expect(database.transaction(async () => 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
        const controller = new AbortController();
        const work = database.transaction(
          async (tx) => {
            await tx.query(add, [1n]);
            controller.abort(reason);
            await tx.query(add, [2n]);
          },
          { signal: controller.signal },
        );
        await expect(work).rejects.toBe(reason);
        expect(await count()).toBe(0n);
      });

      it("have the isolation and the access that were asked for", async () => {
        const isolation = await database.transaction(async (tx) => tx.query({ name: "", text: "SHOW transaction_isolation" }, []), { isolation: "repeatable read" });
        expect(isolation.rows).toEqual([["repeatable read"]]);
        const write = database.transaction(async (tx) => tx.query(add, [1n]), { readOnly: true });
        await expect(write).rejects.toMatchObject({ code: "25006" });
      });

      it("keep racing increments exact", async () => {
        await run("INSERT INTO item VALUES (1, 0)");
        await Promise.all(Array.from({ length: 40 }, increment));
        expect((await run("SELECT amount FROM item")).rows).toEqual([[40]]);
      });
    });

    describe("sessions", () => {
      it("an advisory lock is held by one, and free after its release", async () => {
        const lock = await database.tryAdvisoryLock(42n);
        expect(lock).toBeDefined();
        expect(await database.tryAdvisoryLock(42n)).toBeUndefined();
        const other = await database.tryAdvisoryLock(-43n);
        await other?.release();
        expect(lock?.lost.aborted).toBe(false);
        await lock?.release();
        await lock?.release();
        const again = await database.tryAdvisoryLock(42n);
        expect(again).toBeDefined();
        await again?.release();
      });

      it("notifications arrive after the commit, on their channel, until the listener stops", async () => {
        const heard: (string | undefined)[] = [];
        const stop = await database.listen("port_channel", (payload) => heard.push(payload));
        const stopOther = await database.listen("other_channel", (payload) => heard.push(`other ${payload}`));
        await database.transaction(async (tx) => {
          await tx.query({ name: "", text: "SELECT pg_notify('port_channel', $1)" }, ["one"]);
          await sleep(50);
          expect(heard).toEqual([]);
        });
        await expect.poll(() => heard).toEqual(["one"]);
        await stop();
        await stop();
        await run("SELECT pg_notify('port_channel', 'two')");
        await run("SELECT pg_notify('other_channel', 'three')");
        await expect.poll(() => heard).toEqual(["one", "other three"]);
        await stopOther();
      });

      it("a script is one transaction", async () => {
        await expect(database.script("INSERT INTO item VALUES (1, 1); INSERT INTO item VALUES (1, 1);")).rejects.toThrow("duplicate key");
        await expect(database.script("BEGIN; INSERT INTO item VALUES (2, 1);")).resolves.toBeUndefined();
        expect((await run("SELECT count(*) FROM item")).rows).toEqual([[0n]]);
      });

      it("a ping is answered", async () => {
        await expect(database.ping(2_000)).resolves.toBeUndefined();
      });
    });
  });
}
