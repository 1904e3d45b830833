import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { User } from "./private-server.ts";
import type { Skipped } from "./running-server.ts";

/** The first of these that is an executable file on PATH or in one of `folders`. */
export function findBinary(name: string, folders: readonly string[] = []): string | undefined {
  const searched = [...folders, ...(process.env["PATH"] ?? "").split(delimiter)].filter((folder) => folder !== "");
  return searched.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Folders `<parent>/<version>/bin`, the newest version first. */
export function versionedFolders(parent: string): string[] {
  if (!existsSync(parent)) {
    return [];
  }
  return readdirSync(parent)
    .toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .map((version) => join(parent, version, "bin"));
}

/** True where a Docker engine answers. */
export function hasDocker(): boolean {
  return spawnSync("docker", ["info", "--format", "{{.ServerVersion}}"], { stdio: "ignore", timeout: 5_000 }).status === 0;
}

/** The user and group ids of the first of these accounts that exists. */
export function findUser(...names: readonly string[]): User | undefined {
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of names) {
    const account = accounts.find(([login]) => login === name);
    if (account !== undefined) {
      return { uid: Number(account[2]), gid: Number(account[3]) };
    }
  }
  return undefined;
}

/** Installs a package with apt-get, as root on Debian or Ubuntu. Answers `{ skipped }` elsewhere, or where it fails. */
export function aptInstall(name: string, onNotice: (message: string) => void): { installed: string } | Skipped {
  if (process.getuid?.() !== 0) {
    return { skipped: "not root, so nothing was installed" };
  }
  if (findBinary("apt-get") === undefined) {
    return { skipped: "no apt-get here" };
  }
  onNotice(`installing ${name} with apt-get`);
  // A run level of 1 keeps Debian from starting the packaged service: we start private servers only.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  try {
    execFileSync("apt-get", ["update", "-qq"], { env, stdio: "ignore", timeout: 120_000 });
    execFileSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", name], { env, stdio: "ignore", timeout: 300_000 });
    return { installed: name };
  } catch {
    return { skipped: `apt-get could not install ${name}` };
  }
}
