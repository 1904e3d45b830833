import type { Logger } from "pino";
import type { Database } from "./database.ts";
import { type PgDatabaseOptions, createPgDatabase } from "./pg.ts";

/** The settings of `createPgDatabase`, which those of an embedded database ignore, without the URL. */
export interface OpenDatabaseOptions extends Omit<PgDatabaseOptions, "url"> {
  readonly log: Logger;
}

/**
 * Opens what the URL names: `postgres://…` (or postgresql://), `pglite:<folder>` for a database in this process kept in
 * that folder, or `pglite:` for one in memory. Throws where the URL names none of these.
 */
export async function openDatabase(url: string, options: OpenDatabaseOptions): Promise<Database> {
  if (/^postgres(?:ql)?:\/\//.test(url)) {
    return createPgDatabase({ ...options, url });
  }
  if (url.startsWith("pglite:")) {
    // Only where it is used: half a megabyte of code that a service on Postgres does not need.
    const { createPgliteDatabase } = await import("./pglite.ts");
    const folder = url.slice("pglite:".length).replace(/^\/\/(?=\/)/, "");
    return createPgliteDatabase({ folder: folder === "" ? undefined : folder, log: options.log });
  }
  throw new Error("a database URL begins with postgres:// or pglite:");
}
