import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A folder that this process alone may open until it calls `release`. */
export interface ClaimedFolder {
  /** Where the database's files are. */
  readonly dataFolder: string;
  /** False for a folder that has no database yet: call `created` once it has. */
  readonly exists: boolean;
  /** Makes the new database final. Until then a crash makes the next start begin anew, instead of meeting half a database. */
  created(): Promise<void>;
  release(): Promise<void>;
}

/** The folder cannot be used: held by a live process, not ours, not a folder, or not writable. The message says which. */
export class FolderUnusableError extends Error {
  override readonly name = "FolderUnusableError";
}

/** The holder touches its lock this often, and on another host it counts as gone after this long without a touch. */
const TOUCH_INTERVAL_MS = 2_000;
const FOREIGN_HOST_STALE_MS = 10_000;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the kernel's ticks: tells a recycled pid from the holder. Empty where the system has no /proc. */
  readonly started: string;
  readonly token: string;
}

/** Folders that this process holds: tells a second opening here from a lock of an earlier process that had the same pid. */
const heldHere = new Set<string>();

/**
 * Claims `<folder>` for this process by the file `<folder>/lock`. The lock of a process that is gone (kill -9, power loss,
 * a container's pid that now is our own) is taken over. Throws a `FolderUnusableError`.
 */
export async function claimFolder(path: string): Promise<ClaimedFolder> {
  const folder = resolve(path);
  const lockFile = join(folder, "lock");
  const initializingFile = join(folder, "initializing");
  const dataFolder = join(folder, "data");
  if (heldHere.has(folder)) {
    throw new FolderUnusableError(`${folder} is already open in this process`);
  }
  heldHere.add(folder);
  let locked = false;
  try {
    await mkdir(folder, { recursive: true });
    const names = new Set(await readdir(folder));
    if (names.size > 0 && !names.has("data") && !names.has("initializing") && !names.has("lock")) {
      throw new FolderUnusableError(`${folder} is not empty and holds no Flash Deal database: name another folder`);
    }
    const { started } = await processOf(process.pid);
    const mine: Holder = { pid: process.pid, host: hostname(), started, token: randomUUID() };
    await takeLock(folder, lockFile, mine);
    locked = true;
    if (await present(initializingFile)) {
      await rm(dataFolder, { recursive: true, force: true });
    }
    const exists = await present(join(dataFolder, "PG_VERSION"));
    if (!exists) {
      // Whatever is in there is not ours, and must not be there to be deleted when the initialization is interrupted.
      if ((await readdir(dataFolder).catch(() => [])).length > 0) {
        throw new FolderUnusableError(`${dataFolder} is not empty and holds no database: name another folder`);
      }
      await writeFile(initializingFile, "", { flush: true });
      await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    }
    const touch = setInterval(() => void utimes(lockFile, new Date(), new Date()).catch(() => undefined), TOUCH_INTERVAL_MS);
    touch.unref();
    return {
      dataFolder,
      exists,
      async created() {
        await rm(initializingFile, { force: true });
      },
      async release() {
        clearInterval(touch);
        if ((await readHolder(lockFile))?.token === mine.token) {
          await rm(lockFile, { force: true });
        }
        heldHere.delete(folder);
      },
    };
  } catch (error) {
    heldHere.delete(folder);
    if (locked) {
      await rm(lockFile, { force: true });
    }
    throw explain(error, folder);
  }
}

async function takeLock(folder: string, lockFile: string, mine: Holder): Promise<void> {
  for (;;) {
    try {
      const handle = await open(lockFile, "wx", 0o600);
      await handle.writeFile(JSON.stringify(mine));
      await handle.sync();
      await handle.close();
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
        throw error;
      }
    }
    const holder = await readHolder(lockFile);
    if (holder !== undefined && (await isAlive(holder, lockFile))) {
      throw new FolderUnusableError(`${folder} is in use by process ${holder.pid} on ${holder.host}: stop it first, or name another folder`);
    }
    // Two processes may find the same stale lock: only the one that moves away the very lock it has judged may go on.
    const aside = `${lockFile}.${mine.token}`;
    await rename(lockFile, aside).catch(() => undefined);
    const moved = await readHolder(aside);
    if (moved !== undefined && moved.token !== holder?.token) {
      await rename(aside, lockFile);
    }
    await rm(aside, { force: true });
  }
}

/** Undefined where there is no lock, or where its writer died half-way. */
async function readHolder(lockFile: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(lockFile, "utf8")) as Holder;
    return Number.isSafeInteger(holder.pid) ? holder : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive(holder: Holder, lockFile: string): Promise<boolean> {
  if (holder.host !== hostname()) {
    return isTouched(lockFile);
  }
  if (holder.pid === process.pid) {
    return false;
  }
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  const { state, started } = await processOf(holder.pid);
  return state !== "Z" && (started === "" || holder.started === "" || started === holder.started);
}

/** Waits as long as the lock of a process on another host, whose pid says nothing here, is not clearly alive or gone. */
async function isTouched(lockFile: string): Promise<boolean> {
  const before = await stat(lockFile).catch(() => undefined);
  if (before === undefined) {
    return false;
  }
  const deadline = Date.now() + FOREIGN_HOST_STALE_MS;
  while (Date.now() < deadline) {
    await sleep(250);
    const now = await stat(lockFile).catch(() => undefined);
    if (now === undefined || now.mtimeMs !== before.mtimeMs) {
      return now !== undefined;
    }
  }
  return false;
}

/**
 * Fields 3 and 22 of /proc/<pid>/stat; the second field, the command, may itself hold spaces and parentheses. State Z: it has ended, but
 * its parent has not taken notice, which in a container may never happen. Empty where the system has no /proc.
 */
async function processOf(pid: number): Promise<{ readonly state: string; readonly started: string }> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", started: fields[19] ?? "" };
}

async function present(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function explain(error: unknown, folder: string): unknown {
  if (error instanceof FolderUnusableError || !(error instanceof Error) || !("code" in error)) {
    return error;
  }
  return new FolderUnusableError(`${folder} cannot hold the database: ${error.message}`, { cause: error });
}
