import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../testing/index.ts";
import { describeDatabasePort } from "./database-port.ts";
import { describeMigrations } from "./migrate-port.ts";
import { FolderUnusableError } from "./pglite-folder.ts";
import { createPgliteDatabase } from "./pglite.ts";
import { openDatabase } from "./open-database.ts";

const open = (folder: string) => createPgliteDatabase({ folder, log: silentLog });
const memory = () => createPgliteDatabase({ folder: undefined, log: silentLog });

describeDatabasePort("PGlite", memory);

// PGlite has one session: both openings of the migration tests are the same one.
let migrated: ReturnType<typeof memory> | undefined;
describeMigrations("PGlite", () => (migrated ??= memory()));

describe("database (PGlite) - on disk", () => {
  let root: string;
  const one = { name: "", text: "SELECT 1" };

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "flashdeal-pglite-"));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it("keeps every row that a process acknowledged before kill -9, also twice", async () => {
    const folder = join(root, "killed");
    const acknowledged = new Set<string>();
    for (const pauseMs of [300 + Math.random() * 700, Math.random() * 500]) {
      const child = spawn(process.execPath, [fileURLToPath(new URL("./pglite-writer.ts", import.meta.url)), folder], { stdio: ["ignore", "pipe", "inherit"] });
      await collectUntilKilled(child, pauseMs, acknowledged);
    }
    const database = await open(folder);
    const { rows } = await database.query({ name: "", text: "SELECT id FROM written" }, []);
    await database.close();
    const stored = new Set(rows.flat().map(String));
    expect(acknowledged.size).toBeGreaterThan(0);
    expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
  }, 60_000);

  it("is held by one: a second opening names the holder, here and in another process", async () => {
    const folder = join(root, "held");
    const database = await open(folder);
    await expect(open(folder)).rejects.toThrow(/already open in this process/);
    await database.close();
    const child = spawn(process.execPath, [fileURLToPath(new URL("./pglite-writer.ts", import.meta.url)), folder], { stdio: ["ignore", "pipe", "inherit"] });
    await firstLine(child);
    await expect(open(folder)).rejects.toThrow(new RegExp(`in use by process ${child.pid}`));
    child.kill("SIGKILL");
    await new Promise((resolve) => {
      child.once("exit", resolve);
    });
    await (await open(folder)).close();
    expect(existsSync(join(folder, "lock"))).toBe(false);
  }, 60_000);

  it.runIf(existsSync("/proc/self/stat"))("takes over the lock of a process that has ended and that nobody has waited for", async () => {
    const folder = join(root, "zombie");
    await (await open(folder)).close();
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 30"], { stdio: ["ignore", "pipe", "inherit"] });
    const pid = Number(await firstLine(parent));
    const stat = async () => (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /, "").split(" ");
    await expect.poll(async () => (await stat())[0], { timeout: 20_000 }).toBe("Z");
    await writeFile(join(folder, "lock"), JSON.stringify({ pid, host: hostname(), started: (await stat())[19], token: "old" }));
    await (await open(folder)).close();
    parent.kill("SIGKILL");
  }, 60_000);

  it("takes over a lock whose pid is now our own, or another process's since", async () => {
    const folder = join(root, "recycled");
    await (await open(folder)).close();
    for (const pid of [process.pid, process.ppid]) {
      await writeFile(join(folder, "lock"), JSON.stringify({ pid, host: hostname(), started: "1", token: "old" }));
      await (await open(folder)).close();
    }
    await writeFile(join(folder, "lock"), "{");
    const database = await open(folder);
    expect((await database.query(one, [])).rows).toEqual([[1]]);
    await database.close();
  });

  it("begins anew where the first start was interrupted", async () => {
    const folder = join(root, "interrupted");
    await mkdir(join(folder, "data"), { recursive: true });
    await writeFile(join(folder, "data", "PG_VERSION"), "18\n");
    await writeFile(join(folder, "initializing"), "");
    const database = await open(folder);
    expect((await database.query(one, [])).rows).toEqual([[1]]);
    await database.close();
    expect(existsSync(join(folder, "initializing"))).toBe(false);
  });

  it("refuses a folder that is none, or not ours, and leaves it as it was", async () => {
    const file = join(root, "file");
    await writeFile(file, "");
    await expect(open(file)).rejects.toThrow(FolderUnusableError);
    const foreign = join(root, "foreign");
    await mkdir(join(foreign, "data"), { recursive: true });
    await writeFile(join(foreign, "data", "precious"), "");
    await expect(open(foreign)).rejects.toThrow(/holds no database/);
    await expect(open(join(foreign, "data"))).rejects.toThrow(/holds no Flash Deal database/);
    expect(existsSync(join(foreign, "data", "precious"))).toBe(true);
  });

  it("opens by URL, and waits no longer than it was told for its own transaction", async () => {
    await expect(openDatabase("mysql://x", { log: silentLog })).rejects.toThrow("begins with postgres:// or pglite:");
    const byUrl = await openDatabase(`pglite:${join(root, "by-url")}`, { log: silentLog });
    await byUrl.close();
    await expect(byUrl.query(one, [])).rejects.toThrow("closed");
    const database = await createPgliteDatabase({ folder: undefined, acquireTimeoutMs: 100, log: silentLog });
    await expect(database.transaction(() => database.query(one, []))).rejects.toThrow("inside its own transaction");
    expect((await database.query(one, [])).rows).toEqual([[1]]);
    await database.close();
  });
});

/** Resolves when the writer has been killed, `pauseMs` after its first row; adds the rows that it acknowledged. */
async function collectUntilKilled(child: ChildProcess, pauseMs: number, acknowledged: Set<string>): Promise<void> {
  const exited = new Promise((resolve) => {
    child.once("exit", resolve);
  });
  let timer: NodeJS.Timeout | undefined;
  for await (const line of linesOf(child)) {
    acknowledged.add(line);
    timer ??= setTimeout(() => child.kill("SIGKILL"), pauseMs);
  }
  await exited;
}

async function firstLine(child: ChildProcess): Promise<string> {
  const { value } = await linesOf(child)[Symbol.asyncIterator]().next();
  return String(value);
}

function linesOf(child: ChildProcess): AsyncIterable<string> {
  if (child.stdout === null) {
    throw new Error("no standard output");
  }
  return createInterface({ input: child.stdout });
}
