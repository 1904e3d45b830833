import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { extractComments } from "../../gateway/src/openapi/extract-comments.ts";
import { rootFolder } from "./contract.ts";

const target = "proto/gen/comments.json";

/**
 * Writes proto/gen/comments.json: the contract's comments by full name. Generated TypeScript embeds descriptors without
 * them, and the OpenAPI document needs them.
 */
export function generateContractComments(): void {
  writeFileSync(join(rootFolder, target), freshComments());
}

/** Names the file where it is not what generating gives now. */
export function staleContractComments(): string[] {
  try {
    return readFileSync(join(rootFolder, target), "utf8") === freshComments() ? [] : [target];
  } catch {
    return [target];
  }
}

function freshComments(): string {
  const args = ["build", "--as-file-descriptor-set", "--path", "proto/flashdeal", "-o", "-"];
  const image = execFileSync(join(rootFolder, "node_modules/.bin/buf"), args, { cwd: rootFolder, maxBuffer: 64 * 1024 * 1024 });
  const comments = extractComments(fromBinary(FileDescriptorSetSchema, image));
  const ours = [...comments].filter(([name]) => name.startsWith("flashdeal.")).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(ours), undefined, 1)}\n`;
}
