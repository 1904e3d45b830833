import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { rootFolder } from "../generate/contract.ts";

/** A hand-written file of the project. */
export interface TextFile {
  /** Path from the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** A hand-written TypeScript file. */
export interface SourceFile extends TextFile {
  /** What it imports or re-exports, in the order of the file. */
  readonly imports: readonly Import[];
}

export interface Import {
  /** As written: `./ports.ts`, `@flashdeal/runtime/rpc`, `node:path`. */
  readonly specifier: string;
  /** The file that a relative specifier names, or that a workspace's package exports; undefined for other packages. */
  readonly target: string | undefined;
  /** Whether only types are imported. */
  readonly typeOnly: boolean;
}

/** A package.json of the repository. */
export interface Workspace {
  /** Folder from the root; `.` for the root itself. */
  readonly folder: string;
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: ReadonlySet<string>;
}

const importPattern =
  /^\s*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;

/** Every hand-written TypeScript file that git tracks or would track. */
export function readSourceFiles(workspaces: readonly Workspace[]): SourceFile[] {
  return listFiles()
    .filter((path) => path.endsWith(".ts") && !path.includes("/gen/"))
    .map((path) => {
      const text = readFileSync(join(rootFolder, path), "utf8");
      return { path, text, imports: importsOf(path, text, workspaces) };
    });
}

/** Every hand-written Go file that git tracks or would track. */
export function readGoFiles(): TextFile[] {
  return listFiles()
    .filter((path) => path.endsWith(".go") && !path.includes("/gen/"))
    .map((path) => ({ path, text: readFileSync(join(rootFolder, path), "utf8") }));
}

/** Every package.json of the repository. */
export function readWorkspaces(): Workspace[] {
  return listFiles()
    .filter((path) => path === "package.json" || path.endsWith("/package.json"))
    .map((path) => {
      const json = JSON.parse(readFileSync(join(rootFolder, path), "utf8")) as {
        name: string;
        exports?: Record<string, string>;
        dependencies?: Record<string, string>;
        devDependencies?: Record<string, string>;
      };
      return {
        folder: dirname(path),
        name: json.name,
        exports: json.exports ?? {},
        dependencies: new Set(Object.keys({ ...json.dependencies, ...json.devDependencies })),
      };
    });
}

/** The files that git tracks, and those that it does not ignore. */
export function listFiles(): string[] {
  return execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: rootFolder, encoding: "utf8" })
    .split("\n")
    .filter((path) => path !== "" && existsSync(join(rootFolder, path)));
}

/** `@flashdeal/runtime/rpc` -> `@flashdeal/runtime`; `pg` -> `pg`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}

function importsOf(path: string, text: string, workspaces: readonly Workspace[]): Import[] {
  return [...text.matchAll(importPattern)].map((match) => {
    const specifier = match[2] ?? match[3] ?? "";
    return { specifier, target: targetOf(path, specifier, workspaces), typeOnly: match[1] !== undefined };
  });
}

function targetOf(path: string, specifier: string, workspaces: readonly Workspace[]): string | undefined {
  if (specifier.startsWith(".")) {
    return normalize(join(dirname(path), specifier));
  }
  const workspace = workspaces.find(({ name }) => name === packageOf(specifier));
  if (workspace === undefined) {
    return undefined;
  }
  const subpath = `.${specifier.slice(workspace.name.length)}`;
  const exact = workspace.exports[subpath];
  if (exact !== undefined) {
    return normalize(join(workspace.folder, exact));
  }
  const pattern = workspace.exports["./*"];
  return pattern === undefined ? undefined : normalize(join(workspace.folder, pattern.replace("*", subpath.slice(2))));
}
