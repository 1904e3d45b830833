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
  layerOffences,
  lengthOffences,
  libraryOffences,
  mainOffences,
  missingFileOffences,
  processOffences,
  sqlOffences,
  unusedDependencyOffences,
} from "./rules.ts";
import { listFiles, readSourceFiles, readWorkspaces, type SourceFile } from "./source-files.ts";

const workspaces = readWorkspaces();
const files = readSourceFiles(workspaces);

const file = (path: string, imports: readonly string[], text = ""): SourceFile => ({
  path,
  text,
  imports: imports.map((target) => ({ specifier: target, target, typeOnly: false })),
});

describe("tidy - the tree", () => {
  it("has only the agreed folders at the top", () => {
    const folders = new Set(listFiles().filter((path) => path.includes("/")).map((path) => path.split("/")[0]));
    expect([...folders].filter((name) => !name?.startsWith(".")).toSorted()).toEqual(
      ["bench", "docs", "gateway", "infra", "proto", "services", "sql"].filter((name) => existsSync(join(rootFolder, name))),
    );
  });

  it("handler -> domain <- store", () => expect(layerOffences(files)).toEqual([]));
  it("no process imports another", () => expect(processOffences(files)).toEqual([]));
  it("the transcoder knows nothing of this project", () => expect(libraryOffences(files)).toEqual([]));
  it("only config.ts reads the environment", () => expect(environmentOffences(files)).toEqual([]));
  it("SQL stands in sql/", () => expect(sqlOffences(files)).toEqual([]));
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

  it("see SQL and the environment outside their places", () => {
    expect(sqlOffences([file("services/a/src/store/x.ts", [], 'const q = "SELECT a FROM b";')])).toHaveLength(1);
    expect(environmentOffences([file("services/a/src/store/x.ts", [], "process.env.A")])).toHaveLength(1);
  });

  it("see a file that nothing reaches", () => {
    expect(deadFileOffences([file("services/a/src/x.ts", [])], [])).toHaveLength(1);
  });
});
