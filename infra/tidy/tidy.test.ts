import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rootFolder } from "../generate/contract.ts";
import {
  cycleOffences,
  deadFileOffences,
  dependencyOffences,
  environmentOffences,
  exportOffences,
  goOffences,
  layerOffences,
  lengthOffences,
  libraryOffences,
  mainOffences,
  missingFileOffences,
  processOffences,
  sqlOffences,
  unusedDependencyOffences,
} from "./rules.ts";
import { listFiles, readGoFiles, readSourceFiles, readWorkspaces, type SourceFile } from "./source-files.ts";

const workspaces = readWorkspaces();
const files = readSourceFiles(workspaces);
const goFiles = readGoFiles();

const file = (path: string, imports: readonly string[], text = ""): SourceFile => ({
  path,
  text,
  imports: imports.map((target) => ({ specifier: target, target, typeOnly: false })),
});

const goImporting = (path: string, specifier: string) =>
  goOffences([{ path: `services/go/internal/stock/${path}.go`, text: `package x\n\nimport (\n\t"context"\n\ts "${specifier}"\n)\n` }]);

describe("tidy - the tree", () => {
  it("has only the agreed folders at the top", () => {
    const folders = new Set(listFiles().filter((path) => path.includes("/")).map((path) => path.split("/")[0]));
    expect([...folders].filter((name) => !name?.startsWith(".")).toSorted()).toEqual(
      ["bench", "docs", "gateway", "infra", "proto", "services", "sql"].filter((name) => existsSync(join(rootFolder, name))),
    );
  });

  it("handler -> domain <- store", () => expect(layerOffences(files)).toEqual([]));
  it("no process imports another", () => expect(processOffences(files)).toEqual([]));
  it("Go keeps the same directions", () => expect(goOffences(goFiles)).toEqual([]));
  it("the transcoder knows nothing of this project", () => expect(libraryOffences(files)).toEqual([]));
  it("only the configuration reads the environment", () => expect(environmentOffences([...files, ...goFiles])).toEqual([]));
  it("SQL stands in sql/", () => expect(sqlOffences([...files, ...goFiles])).toEqual([]));
  it("no import cycles", () => expect(cycleOffences(files)).toEqual([]));
  it("no dead files", () => expect(deadFileOffences(files, workspaces)).toEqual([]));
  it("no undeclared dependencies", () => expect(dependencyOffences(files, workspaces)).toEqual([]));
  it("no unused dependencies", () => expect(unusedDependencyOffences(files, workspaces)).toEqual([]));
  it("packages export files that exist", () => expect(exportOffences(workspaces)).toEqual([]));
  it("imports name files that exist", () => expect(missingFileOffences(files)).toEqual([]));
  it("files have at most 400 lines", () => expect(lengthOffences(files)).toEqual([]));
  it("main.ts has at most 40 lines", () => expect(mainOffences(files)).toEqual([]));
});

describe("tidy - the rules themselves", () => {
  it("see a wrong layer", () => {
    expect(layerOffences([file("services/a/src/domain/x.ts", ["services/a/src/store/y.ts"])])).toHaveLength(1);
    expect(layerOffences([file("services/a/src/handler/x.ts", ["services/a/src/store/y.ts"])])).toHaveLength(1);
    expect(layerOffences([file("services/a/src/handler/x.ts", ["services/a/src/domain/y.ts"])])).toHaveLength(0);
  });

  it("see a package that declares or exports too much", () => {
    const workspace = { folder: "services/a", name: "a", exports: { ".": "./src/none.ts" }, dependencies: new Set(["x", "@y/z"]) };
    const files = [{ path: "services/a/src/b.ts", text: "", imports: [{ specifier: "@y/z/sub", target: undefined, typeOnly: false }] }];
    expect(unusedDependencyOffences(files, [workspace])).toEqual(["services/a/package.json: x is not used"]);
    expect(exportOffences([workspace])).toHaveLength(1);
  });

  it("see a service that imports another", () => {
    expect(processOffences([file("services/order/src/x.ts", ["@flashdeal/product"])])).toHaveLength(1);
    expect(processOffences([file("services/order/src/x.ts", ["services/product/src/y.ts"])])).toHaveLength(1);
  });

  it("see a cycle", () => {
    expect(cycleOffences([file("a.ts", ["b.ts"]), file("b.ts", ["a.ts"])])).toEqual(["a.ts -> b.ts -> a.ts"]);
  });

  it.each([
    'const q = "SELECT a FROM b";',
    "const q = `\n  select a\n  from orders.orders\n  where b = $1`;",
    "const q = `SELECT \"order_id\" FROM orders.orders WHERE state = 'PAID'`;",
    'const q = "UPDATE orders.orders o SET state = 1";',
    'const q = "update orders.orders as o set state = 1";',
    'const q = "-- name: GetOrder :one\\nSELECT a FROM b";',
    'const q = "TRUNCATE orders.orders";',
    'const q = "select pg_advisory_xact_lock(1)";',
    "const q = 'DELETE FROM orders.orders';",
    'const q = "WITH RECURSIVE t (a) AS (VALUES (1)) TABLE t";',
    'const q = "CREATE UNIQUE INDEX i ON t (a)";',
  ])("see SQL in %s", (text) => expect(sqlOffences([file("services/a/src/store/x.ts", [], text)])).toHaveLength(1));

  it.each(['"Select the deal that you want."', '"update the settings"', '"the SELECT of a query"', '"with a key as a header (optional)"', '"created from a template"'])("see no SQL in %s", (text) =>
    expect(sqlOffences([file("services/a/src/store/x.ts", [], text)])).toEqual([]));

  it.each([
    'process.env["A"]',
    'process["env"].A',
    "const { env } = process;",
    "const { env: settings, argv } = globalThis.process;",
    'import { env } from "node:process";',
    'value := os.Getenv("A")',
  ])("see the environment in %s", (text) => expect(environmentOffences([file("services/a/src/store/x.ts", [], text)])).toHaveLength(1));

  it("see the environment in a room, whatever its file is called", () => {
    for (const path of ["domain/config.ts", "domain/config/x.ts", "handler/main.ts", "domain/payment-port.ts"]) {
      expect(environmentOffences([file(`services/a/src/${path}`, [], "process.env.A")]), path).toHaveLength(1);
    }
    expect(environmentOffences([file("services/a/src/config.ts", [], "process.env.A")])).toEqual([]);
  });

  it("see a wrong direction in Go", () => {
    expect(goImporting("handler/x", "flashdeal/internal/stock/store")).toHaveLength(1);
    expect(goImporting("store/x", "flashdeal/internal/stock/handler")).toHaveLength(1);
    expect(goImporting("domain/x", "flashdeal/internal/stock/store")).toHaveLength(1);
    expect(goImporting("domain/x", "github.com/redis/go-redis/v9")).toHaveLength(1);
    expect(goImporting("run", "flashdeal/internal/order/domain")).toHaveLength(1);
    expect(goImporting("domain/x", "flashdeal/internal/stock/domain/rules")).toEqual([]);
    expect(goImporting("handler/x", "flashdeal/internal/stock/domain")).toEqual([]);
    expect(goImporting("handler/x", "flashdeal/internal/runtime/reasons")).toEqual([]);
    expect(goImporting("run", "flashdeal/internal/stock/store")).toEqual([]);
  });

  it("see a file that nothing reaches", () => {
    expect(deadFileOffences([file("services/a/src/x.ts", [])], [])).toHaveLength(1);
  });
});
