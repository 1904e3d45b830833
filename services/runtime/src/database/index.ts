/** The database port, its two adapters, migrations, and the errors they share. */
export { createAbsentDatabase } from "./absent-database.ts";
export { int4Array, int8Array, uuidArray } from "./binary-array.ts";
export * from "./database.ts";
export * from "./errors.ts";
export * from "./migrate.ts";
export * from "./open-database.ts";
export { type PgDatabaseOptions, createPgDatabase } from "./pg.ts";
export { FolderUnusableError } from "./pglite-folder.ts";
export { prepareCluster } from "./prepared-cluster.ts";
export { arrayText } from "./values.ts";
