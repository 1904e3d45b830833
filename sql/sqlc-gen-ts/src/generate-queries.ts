import { access, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findSqlc } from "./find-sqlc.ts";
import type { SqlcLookup } from "./find-sqlc.ts";
import { GenerateError } from "./generate-error.ts";
import { createServiceModel } from "./query-model.ts";
import type { ServiceModel } from "./query-model.ts";
import { GENERATED_MARK, moduleName, renderService } from "./render.ts";
import { runSqlc } from "./run-sqlc.ts";
import { digestOf, discoverServices, readServiceSql, renderSchema } from "./service-sql.ts";
import type { ServiceSql } from "./service-sql.ts";
import { createVerifier } from "./verify.ts";
import type { Verifier } from "./verify.ts";

export interface GenerateQueriesOptions {
  /** Compare only and write nothing. Default: false. */
  readonly check?: boolean;
  /** Folder names under sql/. Default: every one that has queries or migrations. */
  readonly services?: readonly string[];
  /** Ask an in-process Postgres whether sqlc's types are right; takes some seconds. Default: true. */
  readonly verify?: boolean;
  /** The project's root. Default: the one that holds this file. */
  readonly root?: string;
  /** Where sqlc is. Default: it is looked for, and built where Go is there. */
  readonly sqlc?: SqlcLookup;
  /** Hears about slow steps. Default: nobody. */
  readonly log?: (line: string) => void;
}

export interface ServiceReport {
  readonly service: string;
  /** Files that were written or deleted, or that a check found out of date; paths from the root. */
  readonly changed: readonly string[];
  /** Mistakes in the SQL; nothing is written for a service that has one. */
  readonly problems: readonly string[];
}

export interface GenerateQueriesReport {
  readonly services: readonly ServiceReport[];
  /** Why sqlc did not run; then only schema.sql and the digests of the query files were compared. */
  readonly skipped: string | undefined;
  /** No problem, and with `check` nothing out of date. */
  readonly ok: boolean;
}

/** What a generated file should hold; undefined: it should not be there. */
type Plan = Map<string, string | undefined>;

const PROJECT_ROOT = join(import.meta.dirname, "..", "..", "..");

/**
 * Generates the query functions (TypeScript, and Go where services/go/internal/<service> exists) and schema.sql of each service, or
 * checks that they are current. A service with broken SQL does not keep the others from being generated.
 */
export async function generateQueries(options: GenerateQueriesOptions = {}): Promise<GenerateQueriesReport> {
  const { check = false, root = PROJECT_ROOT, verify = true, log = () => {} } = options;
  const services = options.services ?? (await discoverServices(root));
  const sqlc = options.sqlc ?? (await findSqlc({ build: true, log }));
  const sqlcPath = "path" in sqlc ? sqlc.path : undefined;
  const reports: ServiceReport[] = [];
  let started: Promise<Verifier> | undefined;
  try {
    const verifier = verify ? () => (started ??= createVerifier()) : undefined;
    for (const service of services) {
      reports.push(await generateService(root, service, { sqlcPath, verifier, check }));
    }
  } finally {
    await (await started)?.close();
  }
  const ok = reports.every(({ changed, problems }) => problems.length === 0 && (!check || changed.length === 0));
  return { services: reports, skipped: "missing" in sqlc ? sqlc.missing : undefined, ok };
}

interface Tools {
  readonly sqlcPath: string | undefined;
  /** Starts the verifier at the first use; undefined: don't verify. */
  readonly verifier: (() => Promise<Verifier>) | undefined;
  readonly check: boolean;
}

async function generateService(root: string, service: string, { sqlcPath, verifier, check }: Tools): Promise<ServiceReport> {
  try {
    const sql = await readServiceSql(root, service);
    const { plan, model } = await planService(root, sql, sqlcPath);
    const isVerifiable = model !== undefined || sql.migrations.length > 0;
    const problems = isVerifiable && verifier !== undefined ? await (await verifier()).verify(sql, model) : [];
    return { service, changed: problems.length === 0 ? await settle(root, plan, check) : [], problems };
  } catch (error) {
    if (error instanceof GenerateError) {
      return { service, changed: [], problems: error.message.split("\n") };
    }
    throw error;
  }
}

async function planService(root: string, sql: ServiceSql, sqlcPath: string | undefined): Promise<{ plan: Plan; model: ServiceModel | undefined }> {
  const plan: Plan = new Map();
  if (sql.migrations.length > 0) {
    plan.set(`sql/${sql.service}/schema.sql`, renderSchema(sql));
  }
  const genFolder = `services/${sql.service}/src/store/gen`;
  if (sql.queries.length === 0) {
    await planDeletions(root, genFolder, ".ts", plan);
    return { plan, model: undefined };
  }
  if (sqlcPath === undefined) {
    await compareDigests(root, genFolder, sql);
    return { plan, model: undefined };
  }
  const goFolder = `services/go/internal/${sql.service}`;
  const hasGo = await exists(join(root, goFolder));
  const { request, go } = await runSqlc(sqlcPath, sql, { go: hasGo });
  const model = createServiceModel(sql.service, request);
  const files = renderService(model, (name) => {
    const source = sql.queries.find((file) => file.name === name);
    return { path: `sql/${sql.service}/queries/${name}`, digest: digestOf(source?.text ?? "") };
  });
  for (const file of files) {
    plan.set(`${genFolder}/${file.name}`, file.text);
  }
  for (const file of go) {
    plan.set(`${goFolder}/store/gen/${file.name}`, file.text);
  }
  await planDeletions(root, genFolder, ".ts", plan);
  if (hasGo) {
    await planDeletions(root, `${goFolder}/store/gen`, ".go", plan);
  }
  return { plan, model };
}

/** Without sqlc: a module whose header lacks its query file's digest is out of date. */
async function compareDigests(root: string, genFolder: string, sql: ServiceSql): Promise<void> {
  for (const query of sql.queries) {
    const path = `${genFolder}/${moduleName(query.name)}`;
    const header = (await readIfExists(join(root, path)))?.split("\n")[0] ?? "";
    if (!header.includes(`(${digestOf(query.text)})`)) {
      throw new GenerateError(`${path} is not generated from ${query.path} as it is now, and generating needs sqlc.`);
    }
  }
}

async function planDeletions(root: string, folder: string, ending: string, plan: Plan): Promise<void> {
  const names = await readdir(join(root, folder)).catch(() => []);
  for (const name of names) {
    const path = `${folder}/${name}`;
    if (name.endsWith(ending) && !plan.has(path) && (await readIfExists(join(root, path)))?.startsWith(ending === ".ts" ? GENERATED_MARK : "// Code generated by sqlc")) {
      plan.set(path, undefined);
    }
  }
}

/** Compares, and writes what differs unless only checking. Each file is replaced in one step, as others may be reading it. */
async function settle(root: string, plan: Plan, check: boolean): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const [path, text] of plan) {
    const target = join(root, path);
    if ((await readIfExists(target)) === text) {
      continue;
    }
    changed.push(path);
    if (check) {
      continue;
    }
    if (text === undefined) {
      await rm(target, { force: true });
      continue;
    }
    await mkdir(dirname(target), { recursive: true });
    const temporary = `${target}.${process.pid}.tmp`;
    await writeFile(temporary, text);
    await rename(temporary, target);
  }
  return changed;
}

async function readIfExists(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return undefined;
    }
    throw error;
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
