import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A command-line tool that is built from the Go module proxy. Nothing of it is needed to run the platform. */
export interface Tool {
  readonly name: ToolName;
  /** Package path of its `main`. */
  readonly package: string;
  /** Pinned version, with the leading v. */
  readonly version: string;
  /** Whether it links C code, so that a C compiler is needed. */
  readonly cgo: boolean;
  readonly purpose: string;
}

export type ToolName = "ghz" | "k6" | "grpcurl" | "sqlc" | "nats-server" | "protoc-gen-go" | "protoc-gen-go-grpc";

/** Every tool, pinned. */
export const tools: Readonly<Record<ToolName, Tool>> = {
  ghz: { name: "ghz", package: "github.com/bojand/ghz/cmd/ghz", version: "v0.93.0", cgo: false, purpose: "gRPC load" },
  k6: { name: "k6", package: "go.k6.io/k6", version: "v1.8.1", cgo: false, purpose: "REST load scenarios" },
  grpcurl: {
    name: "grpcurl",
    package: "github.com/fullstorydev/grpcurl/cmd/grpcurl",
    version: "v1.9.4",
    cgo: false,
    purpose: "gRPC calls by hand",
  },
  sqlc: {
    name: "sqlc",
    package: "github.com/sqlc-dev/sqlc/cmd/sqlc",
    version: "v1.31.1",
    cgo: true,
    purpose: "query functions from sql/",
  },
  "nats-server": {
    name: "nats-server",
    package: "github.com/nats-io/nats-server/v2",
    version: "v2.15.2",
    cgo: false,
    purpose: "event bus of the standard profile",
  },
  "protoc-gen-go": {
    name: "protoc-gen-go",
    package: "google.golang.org/protobuf/cmd/protoc-gen-go",
    version: "v1.36.12",
    cgo: false,
    purpose: "the contract's messages in Go",
  },
  "protoc-gen-go-grpc": {
    name: "protoc-gen-go-grpc",
    package: "google.golang.org/grpc/cmd/protoc-gen-go-grpc",
    version: "v1.6.2",
    cgo: false,
    purpose: "the contract's services in Go",
  },
};

/** Where built tools are kept: one folder per tool and version, shared by every clone on the machine. */
export const toolsFolder: string = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "flashdeal", "tools");

/** The path of the built tool in the pinned version; undefined where it is not built. */
export function findTool(name: ToolName): string | undefined {
  const path = toolPath(tools[name]);
  return existsSync(path) ? path : undefined;
}

/** The version of the Go toolchain, for example `go1.26.8`; undefined where there is none. */
export function goVersion(): string | undefined {
  const answer = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8" });
  return answer.status === 0 ? answer.stdout.trim() : undefined;
}

/**
 * The path of the tool, built first where it is missing and Go is there.
 * Answers `{ skipped }` with the reason where it cannot be had.
 */
export function provideTool(name: ToolName, onBuild: (tool: Tool) => void = () => {}): { path: string } | { skipped: string } {
  const found = findTool(name);
  if (found !== undefined) {
    return { path: found };
  }
  const tool = tools[name];
  if (goVersion() === undefined) {
    return { skipped: `${name} ${tool.version} is not built, and there is no Go toolchain to build it with` };
  }
  if (tool.cgo && spawnSync("cc", ["--version"]).status !== 0) {
    return { skipped: `${name} ${tool.version} is not built, and there is no C compiler to build it with` };
  }
  onBuild(tool);
  return buildTool(tool);
}

function buildTool(tool: Tool): { path: string } | { skipped: string } {
  const folder = join(toolPath(tool), "..");
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync("go", ["install", "-trimpath", "-ldflags", "-s -w", `${tool.package}@${tool.version}`], {
      env: { ...process.env, GOBIN: folder, GOFLAGS: "", CGO_ENABLED: tool.cgo ? "1" : "0" },
      stdio: ["ignore", "ignore", "pipe"],
      timeout: 20 * 60_000,
    });
  } catch (error) {
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : "";
    return { skipped: `${tool.name} ${tool.version} could not be built: ${stderr ?? String(error)}` };
  }
  return { path: toolPath(tool) };
}

function toolPath(tool: Tool): string {
  return join(toolsFolder, `${tool.name}@${tool.version}`, tool.name);
}
