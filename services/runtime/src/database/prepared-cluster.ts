import { randomUUID } from "node:crypto";
import { access, mkdir, open, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

/** `node_modules/.cache` is where tools keep what can be made again. */
const cacheFolder = fileURLToPath(new URL("../../../../node_modules/.cache/flashdeal/", import.meta.url));

/**
 * Makes the empty cluster that new embedded databases begin with, unless it is there: to initialize one takes most of a first start. It
 * lacks the two templates of databases, since none is created here: they are three of five files that a first start writes and syncs.
 * The installation calls this; where it could not (scripts are off, the folder is read-only), each first start initializes its own.
 * Answers the file.
 */
export async function prepareCluster(folder: string = cacheFolder): Promise<string> {
  const file = await fileIn(folder);
  if (await access(file).then(() => true, () => false)) return file;
  const { PGlite } = await import("@electric-sql/pglite");
  const pglite = await PGlite.create();
  try {
    for (const template of ["template0", "template1"]) {
      await pglite.exec(`ALTER DATABASE ${template} IS_TEMPLATE false`);
      await pglite.exec(`DROP DATABASE ${template}`);
    }
    const archive = new Uint8Array(await (await pglite.dumpDataDir("gzip")).arrayBuffer());
    await mkdir(folder, { recursive: true });
    const unfinished = `${file}.${randomUUID()}`;
    await writeFile(unfinished, archive, { flush: true });
    await rename(unfinished, file);
  } finally {
    await pglite.close();
  }
  return file;
}

/** The empty cluster, as PGlite's `loadDataDir` takes it. Undefined where none was prepared, or it cannot be read. */
export async function readPreparedCluster(folder: string = cacheFolder): Promise<Blob | undefined> {
  try {
    return new Blob([await promisify(gunzip)(await readFile(await fileIn(folder)))], { type: "application/x-tar" });
  } catch {
    return undefined;
  }
}

/** A cluster fits the version that made it. */
async function fileIn(folder: string): Promise<string> {
  const packageFile = join(dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite")), "..", "package.json");
  const { version } = JSON.parse(await readFile(packageFile, "utf8")) as { readonly version: string };
  return join(folder, `pglite-${version}.tar.gz`);
}

/** Makes sure that the files of a new database survive a power cut: nothing synced them while they were made. */
export async function syncFolder(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).values();
  const work = async (): Promise<void> => {
    for (const file of files) {
      const handle = await open(file, "r+");
      await handle.sync().finally(() => handle.close());
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}
