import { PGlite } from "@electric-sql/pglite";

/** An empty cluster for databases in memory to begin with (see `PgliteDatabaseOptions.template`), about 40 MB. */
export async function createPgliteTemplate(): Promise<Blob> {
  const pglite = await PGlite.create();
  try {
    return await pglite.dumpDataDir("none");
  } finally {
    await pglite.close();
  }
}
