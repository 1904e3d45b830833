import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { provideTool, type ToolName } from "../tools/tools.ts";
import { differences, rootFolder, runBuf } from "./contract.ts";

const folder = "services/go/gen";
const plugins: readonly ToolName[] = ["protoc-gen-go", "protoc-gen-go-grpc"];

/** Why the Go code of the contract cannot be generated here; undefined where it was. */
export type GoSkipped = string | undefined;

/** Writes services/go/gen anew from proto/. Answers why not, where the plugins are not built and there is no Go to build them with. */
export function generateGo(): GoSkipped {
  return withPlugins((environment) => void runBuf(["generate", "--template", "buf.gen.go.yaml"], { environment }));
}

/** Names the generated Go files that are not what generating gives now. */
export function goGeneratedFiles(): { readonly stale: readonly string[] } | { readonly skipped: string } {
  const fresh = mkdtempSync(join(tmpdir(), "flashdeal-generate-go-"));
  const stale: string[] = [];
  try {
    const skipped = withPlugins((environment) => {
      runBuf(["generate", "--template", "buf.gen.go.yaml", "--output", fresh], { environment });
      stale.push(...differences(join(fresh, folder), join(rootFolder, folder)).map((name) => join(folder, name)));
    });
    return skipped === undefined ? { stale } : { skipped };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function withPlugins(run: (environment: NodeJS.ProcessEnv) => void): GoSkipped {
  const folders: string[] = [];
  for (const name of plugins) {
    const provided = provideTool(name, (tool) => console.error(`building ${tool.name} ${tool.version} once`));
    if ("skipped" in provided) return provided.skipped;
    folders.push(dirname(provided.path));
  }
  run({ ...process.env, PATH: [...folders, process.env["PATH"]].join(delimiter) });
  return undefined;
}
