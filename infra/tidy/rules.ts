import { existsSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { rootFolder } from "../generate/contract.ts";
import { packageOf, type SourceFile, type TextFile, type Workspace } from "./source-files.ts";

/** Each rule answers one line per offence; none where the tree keeps it. */

const room = (path: string) => /^services\/[^/]+\/src\/(domain|handler|store)\//.exec(path);
/** Also the test sets of the runtime's ports, which every adapter runs. */
const isTest = (path: string) => /\.test\.ts$|_test\.go$|\/testing\/|\/testdata\/|^services\/runtime\/src\/.*-port\.ts$|^infra\/test\//.test(path);

/** handler -> domain <- store; domain imports nothing outside domain. */
export function layerOffences(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) => {
    const layer = room(path)?.[1];
    if (layer === undefined || isTest(path)) {
      return [];
    }
    return imports.flatMap(({ specifier, target }) => {
      const targetRoom = target === undefined ? undefined : room(target)?.[1];
      const wrong =
        layer === "domain"
          ? targetRoom !== "domain" && specifier !== "node:crypto"
          : layer === "handler"
            ? targetRoom === "store"
            : targetRoom === "handler";
      return wrong ? [`${path}: ${layer}/ must not import ${specifier}`] : [];
    });
  });
}

/** Processes meet in proto/, in events and in SQL ownership: none imports another. */
export function processOffences(files: readonly SourceFile[]): string[] {
  const isolated = /^(gateway|services\/(?:runtime|auth|product|order|stock-query|outbox-relay|auditor))\//;
  const shared = new Set(["@flashdeal/proto", "@flashdeal/runtime"]);
  return files.flatMap(({ path, imports }) => {
    const own = isolated.exec(path)?.[1];
    if (own === undefined || isTest(path)) {
      return [];
    }
    return imports.flatMap(({ specifier, target }) => {
      const foreign =
        specifier.startsWith("@flashdeal/") ? !shared.has(packageOf(specifier)) : target !== undefined && !target.startsWith(`${own}/`);
      return foreign ? [`${path}: must not import ${specifier}`] : [];
    });
  });
}

/** The same in Go: handler -> domain <- store, a domain imports the standard library only, and no service imports another. */
export function goOffences(files: readonly TextFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const [, service, layer = ""] = /^services\/go\/internal\/([^/]+)\/(?:(domain|handler|store)\/)?/.exec(path) ?? [];
    if (service === undefined || isTest(path)) {
      return [];
    }
    return goImports(text).flatMap((specifier) => {
      const [, targetService, targetLayer] = /^flashdeal\/internal\/([^/]+)(?:\/(domain|handler|store)\b)?/.exec(specifier) ?? [];
      const isForeign = targetService !== undefined && targetService !== service && targetService !== "runtime";
      const wrong =
        layer === "domain"
          ? (targetService !== service || targetLayer !== "domain") && /^flashdeal\/|^[^/]*\./.test(specifier)
          : (layer === "handler" && targetLayer === "store") || (layer === "store" && targetLayer === "handler");
      return wrong || isForeign ? [`${path}: must not import ${specifier}`] : [];
    });
  });
}

/** What a Go file imports: one a line, in parentheses or alone, each with or without a name. */
function goImports(text: string): string[] {
  const declarations = [...text.matchAll(/^import\s+(?:\(([^)]*)\)|([^\n(]*"[^"\n]+"))/gm)].map(([, block, single]) => block ?? single ?? "");
  return declarations.flatMap((lines) => [...lines.matchAll(/^\s*(?:[\w.]+\s+)?"([^"]+)"/gm)].map(([, specifier = ""]) => specifier));
}

/** The transcoder and the OpenAPI writer are libraries with no knowledge of this project. */
export function libraryOffences(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) =>
    /^gateway\/src\/(transcode|openapi)\//.test(path) && !isTest(path)
      ? imports
          .filter(({ specifier }) => specifier.startsWith("@flashdeal/") && !/^@flashdeal\/proto\/(google|buf)\//.test(specifier))
          .map(({ specifier }) => `${path}: must not import ${specifier}`)
      : [],
  );
}

/**
 * Only config.ts reads the environment, and main.ts may hand it over; in Go, the package config reads it and main.go hands it
 * over. Programs of infra/ and bench/ and tests are no services.
 */
export function environmentOffences(files: readonly TextFile[]): string[] {
  const isAllowed = /^(?:gateway|services\/[^/]+)\/src\/(?:config|main)\.ts$|^services\/go\/internal\/runtime\/(?:config\/|lifecycle\/main\.go$)/;
  return files
    .filter(({ path }) => /^(gateway|services)\//.test(path) && !isAllowed.test(path) && !isTest(path))
    .filter(({ text }) => environmentReads.some((read) => read.test(text)))
    .map(({ path }) => `${path}: reads the environment; config does that`);
}

const environmentReads = [
  /\bprocess\s*\??\.\s*env\b/,
  /\bprocess\s*(?:\?\.)?\s*\[\s*["'`]env["'`]/,
  /\{[^{}]*\benv\b[^{}]*\}\s*=\s*(?:globalThis\.)?process\b/,
  /\{[^{}]*\benv\b[^{}]*\}\s*from\s*["'](?:node:)?process["']/,
  /\bos\.(?:Getenv|LookupEnv|Environ)\b/,
];

/** SQL stands in sql/. The database adapters ask the server about itself (types, schemas): those statements touch no table of ours. */
export function sqlOffences(files: readonly TextFile[]): string[] {
  return files
    .filter(({ path }) => /^(gateway|services)\//.test(path) && !path.startsWith("services/runtime/src/database/") && !isTest(path))
    .filter(({ text }) => statements.some((statement) => statement.test(text)))
    .map(({ path }) => `${path}: holds SQL; it belongs into sql/`);
}

/** The start of a text: its quote, which the statement may not leave, blanks and SQL's comments. */
const textStart = /(["'`])\s*(?:--(?:(?!\1)[^\n])*(?:\n|\\n)\s*)*/.source;

/** Prose may begin with a verb in small letters: those need the rest of their statement. */
const statements = [
  new RegExp(`${textStart}(?:SELECT|TRUNCATE|MERGE|LOCK TABLE|COPY)\\s`),
  new RegExp(`${textStart}select\\s(?:(?:(?!\\1)[^])*?\\sfrom\\s|\\w+\\()`, "i"),
  new RegExp(`${textStart}(?:insert\\s+into|delete\\s+from|merge\\s+into|truncate\\s+table)\\s`, "i"),
  new RegExp(`${textStart}update\\s(?:(?!\\1)[^])*?\\sset\\s(?:(?!\\1)[^])*?=`, "i"),
  new RegExp(`${textStart}(?:create|alter|drop)\\s+(?:or\\s+replace\\s+|unique\\s+)?(?:table|index|schema|type|view|function|trigger|role)\\s`, "i"),
  new RegExp(`${textStart}with\\s+(?:recursive\\s+)?\\w+\\s*(?:\\([^)]*\\)\\s*)?as\\s+(?:not\\s+)?(?:materialized\\s+)?\\(`, "i"),
];

/** No file imports itself by a detour. Imports of types alone do not count: they are gone at run time. */
export function cycleOffences(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map(({ path, imports }) => [path, imports.flatMap(({ target, typeOnly }) => (target === undefined || typeOnly ? [] : [target]))]),
  );
  const done = new Set<string>();
  const offences: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      offences.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      return;
    }
    if (done.has(path)) {
      return;
    }
    for (const target of edges.get(path) ?? []) {
      visit(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const path of edges.keys()) {
    visit(path, []);
  }
  return offences;
}

const isEntry = (path: string) =>
  /(^|\/)main\.ts$|\.test\.ts$|\.config\.ts$|(^|\/)global-setup\.ts$/.test(path) || path.startsWith("bench/k6/");

/** Child programs that a test or a process starts by path: `new URL("./child.ts", import.meta.url)`, `join(…, "child.ts")`. */
const namedFiles = (text: string) => [...text.matchAll(/["'`](?:\.\/)?([\w/.-]+\.ts)["'`]/g)].map((match) => match[1] ?? "");

/** Every file is reached from a main.ts, a test, a package's exports or a configuration file. */
export function deadFileOffences(files: readonly SourceFile[], workspaces: readonly Workspace[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const exported = workspaces.flatMap(({ folder, exports }) => Object.values(exports).map((target) => join(folder, target)));
  const queue = [...files.map(({ path }) => path).filter((path) => isEntry(path)), ...exported];
  const reached = new Set<string>();
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) {
      continue;
    }
    reached.add(path);
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    queue.push(...file.imports.flatMap(({ target }) => (target === undefined ? [] : [target])));
    queue.push(...namedFiles(file.text).flatMap((name) => [name, `${folder}${name}`]));
  }
  return files.filter(({ path }) => !reached.has(path)).map(({ path }) => `${path}: nothing reaches this file`);
}

/** Each package that a file imports is declared by its workspace (tests may use the root's development dependencies). */
export function dependencyOffences(files: readonly SourceFile[], workspaces: readonly Workspace[]): string[] {
  const builtin = new Set(builtinModules);
  const root = workspaces.find(({ folder }) => folder === ".");
  return files.flatMap(({ path, imports }) => {
    const own = workspaces
      .filter(({ folder }) => path.startsWith(`${folder}/`))
      .toSorted((a, b) => b.folder.length - a.folder.length)[0];
    return imports.flatMap(({ specifier }) => {
      const name = packageOf(specifier);
      if (specifier.startsWith(".") || specifier.endsWith(".proto") || specifier.startsWith("node:") || builtin.has(specifier) || name === own?.name) {
        return [];
      }
      const declared = own?.dependencies.has(name) === true || ((own === undefined || isTest(path)) && root?.dependencies.has(name) === true);
      return declared || path.startsWith("bench/k6/") ? [] : [`${path}: ${name} is not declared in ${own?.folder ?? "."}/package.json`];
    });
  });
}

/** A workspace declares nothing that its files neither import nor name. Of the root and of generated code nothing is asked. */
export function unusedDependencyOffences(files: readonly SourceFile[], workspaces: readonly Workspace[]): string[] {
  return workspaces
    .filter(({ folder }) => folder !== "." && folder !== "proto")
    .flatMap(({ folder, dependencies }) => {
      const own = files.filter(({ path }) => path.startsWith(`${folder}/`));
      const uses = (name: string) => own.some(({ text, imports }) => text.includes(`"${name}/`) || imports.some(({ specifier }) => packageOf(specifier) === name));
      return [...dependencies].filter((name) => !uses(name)).map((name) => `${folder}/package.json: ${name} is not used`);
    });
}

/** A package exports files that exist. */
export function exportOffences(workspaces: readonly Workspace[]): string[] {
  return workspaces.flatMap(({ folder, exports }) =>
    Object.values(exports)
      .filter((target) => !target.includes("*") && !existsSync(join(rootFolder, folder, target)))
      .map((target) => `${folder}/package.json: ${target} does not exist`),
  );
}

/** Relative imports name files that exist. */
export function missingFileOffences(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) =>
    imports
      .filter(({ target }) => target !== undefined && !existsSync(join(rootFolder, target)))
      .map(({ specifier }) => `${path}: ${specifier} does not exist`),
  );
}

/** A file over 400 lines is a sign that two things live in one place. */
export function lengthOffences(files: readonly SourceFile[]): string[] {
  return files
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > 400)
    .map(({ path, lines }) => `${path}: ${lines} lines; at most 400`);
}

/** main.ts: configuration, composition, start, signal, stop. */
export function mainOffences(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => /^(gateway|services\/(?!conformance)[^/]+)\/src\/main\.ts$/.test(path))
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > 40)
    .map(({ path, lines }) => `${path}: ${lines} lines; at most 40`);
}
