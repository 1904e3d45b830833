import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import type { DescMessage, DescService, FileRegistry, Message } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { FileDescriptorSet } from "@bufbuild/protobuf/wkt";

const root = new URL("../../../../", import.meta.url).pathname;
const bufConfig = JSON.stringify({
  version: "v2",
  modules: [{ path: "proto/third_party" }, { path: "gateway/src/transcode/testdata" }],
});

/** Compiles library.proto with its imports, comments included. */
export function buildLibraryDescriptors(): FileDescriptorSet {
  return build(root, bufConfig);
}

/** Compiles `body` as a file that has the annotations imported, and returns its one service. */
export function compileService(body: string): DescService {
  const folder = mkdtempSync(join(tmpdir(), "transcode-"));
  try {
    mkdirSync(join(folder, "test"));
    const head = 'syntax = "proto3";\npackage scratch.v1;\nimport "google/api/annotations.proto";\n';
    writeFileSync(join(folder, "test", "scratch.proto"), head + body);
    execFileSync("cp", ["-r", join(root, "proto/third_party"), join(folder, "third_party")]);
    const config = JSON.stringify({ version: "v2", modules: [{ path: "third_party" }, { path: "test" }] });
    const registry = createFileRegistry(build(folder, config));
    const service = [...registry].find((desc) => desc.kind === "service" && desc.typeName.startsWith("scratch."));
    if (service?.kind !== "service") {
      throw new Error("the scratch file has no service");
    }
    return service;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function build(cwd: string, config: string): FileDescriptorSet {
  const bytes = execFileSync(
    join(root, "node_modules/.bin/buf"),
    ["build", ".", "--config", config, "--as-file-descriptor-set", "-o", "-#format=binpb"],
    { cwd, maxBuffer: 64 * 1024 * 1024 },
  );
  return fromBinary(FileDescriptorSetSchema, bytes);
}

/** The compiled contract and shorthands for it. */
export interface TestContract {
  readonly registry: FileRegistry;
  readonly service: DescService;
  message(name: string): DescMessage;
  /** Creates a message from its local representation. */
  make(name: string, fields?: Record<string, unknown>): Message;
}

/** Compiles library.proto for a test file. */
export function loadTestContract(): TestContract {
  const registry = createFileRegistry(buildLibraryDescriptors());
  const service = registry.getService("transcode.test.v1.LibraryService");
  if (service === undefined) {
    throw new Error("library.proto has no LibraryService");
  }
  const message = (name: string): DescMessage => {
    const desc = registry.getMessage(name.includes(".") ? name : `transcode.test.v1.${name}`);
    if (desc === undefined) {
      throw new Error(`library.proto has no ${name}`);
    }
    return desc;
  };
  return { registry, service, message, make: (name, fields = {}) => Object.assign(create(message(name)), fields) };
}
