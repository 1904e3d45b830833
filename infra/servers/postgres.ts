import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { aptInstall, findBinary, findUser, hasDocker, versionedFolders } from "./binaries.ts";
import { startContainer } from "./docker-server.ts";
import { type ServerKind, type User, startPrivateServer } from "./private-server.ts";
import { probe } from "./probe.ts";
import { type RunningServer, type ServerOptions, type Skipped, foreignServer } from "./running-server.ts";

const IMAGE = "postgres:17-alpine";
const OLDEST_MAJOR = 15;
const PASSWORD_FILE = "password";

/** Durable on purpose: what the tests and the benchmarks measure must be what production does. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  max_connections: "200",
  shared_buffers: "128MB",
  fsync: "on",
  synchronous_commit: "on",
  full_page_writes: "on",
};

/**
 * A Postgres for tests: TEST_POSTGRES_URL, or else one of our own (see `startPostgres`). Its user is a superuser.
 */
export async function providePostgres(options: ServerOptions = {}): Promise<RunningServer | Skipped> {
  const named = process.env["TEST_POSTGRES_URL"];
  return named === undefined || named === "" ? startPostgres(options) : foreignServer(named);
}

/** Starts a private Postgres: from a binary on the machine, in Docker, or from a package that it installs as root on Debian. */
export async function startPostgres(options: ServerOptions = {}): Promise<RunningServer | Skipped> {
  const found = findPostgres();
  if (found !== undefined) {
    return startBinaries(found, options);
  }
  if (hasDocker()) {
    const password = randomBytes(16).toString("hex");
    return startContainer(
      {
        image: IMAGE,
        port: 5432,
        environment: { POSTGRES_PASSWORD: password },
        command: settingArguments({ ...SETTINGS, listen_addresses: "*", ...options.settings }),
        url: (port) => url(password, port),
        isReady,
      },
      options,
    );
  }
  const outcome = aptInstall("postgresql", options.onNotice ?? console.error);
  const installed = findPostgres();
  if ("skipped" in outcome || installed === undefined) {
    const reason = "skipped" in outcome ? outcome.skipped : "the package has no usable binaries";
    return { skipped: `no Postgres: TEST_POSTGRES_URL is not set, no binaries of version ${OLDEST_MAJOR} or newer, no Docker; ${reason}` };
  }
  return startBinaries(installed, options);
}

/** The folder that has initdb and postgres. */
function findPostgres(): string | undefined {
  const known = versionedFolders("/usr/lib/postgresql").filter((folder) => Number.parseInt(folder.split("/").at(-2) ?? "", 10) >= OLDEST_MAJOR);
  const homebrew = ["/opt/homebrew/opt", "/usr/local/opt"].flatMap((parent) =>
    [18, 17, 16, 15].map((major) => `${parent}/postgresql@${major}/bin`),
  );
  const initdb = findBinary("initdb", [...known, ...homebrew, "/usr/local/pgsql/bin"]);
  return initdb === undefined ? undefined : dirname(initdb);
}

async function startBinaries(binFolder: string, options: ServerOptions): Promise<RunningServer | Skipped> {
  // Postgres refuses to run as root.
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? findUser("postgres", "nobody") : undefined;
  if (asRoot && user === undefined) {
    return { skipped: "no Postgres: it refuses to run as root, and there is neither a user postgres nor nobody" };
  }
  const secret = { password: randomBytes(16).toString("hex") };
  const kind: ServerKind = {
    name: "postgres",
    command: join(binFolder, "postgres"),
    user,
    stopSignal: "SIGINT",
    prepare: async (folder) => {
      secret.password = await initialize(binFolder, folder, secret.password, user);
    },
    arguments: (folder, port) => [
      "-D",
      join(folder, "data"),
      "-p",
      String(port),
      ...settingArguments({ ...SETTINGS, unix_socket_directories: folder, ...options.settings }),
    ],
    url: (port) => url(secret.password, port),
    isReady,
  };
  return startPrivateServer(kind, options);
}

/** Answers the password of the user postgres: the one of an earlier run where the folder has a database. */
async function initialize(binFolder: string, folder: string, password: string, user: User | undefined): Promise<string> {
  const passwordFile = join(folder, PASSWORD_FILE);
  if (existsSync(join(folder, "data", "PG_VERSION"))) {
    return readFileSync(passwordFile, "utf8");
  }
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) {
    chownSync(passwordFile, user.uid, user.gid);
  }
  const encoding = ["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"];
  const access = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  await promisify(execFile)(join(binFolder, "initdb"), ["-D", join(folder, "data"), ...encoding, ...access], {
    cwd: folder,
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  });
  return password;
}

function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

function url(password: string, port: number): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
}

/** A start-up message is answered by a request to authenticate ("R"), or by an error ("E") while the server still starts. */
function isReady(port: number): Promise<boolean> {
  const parameters = Buffer.from("user\0postgres\0database\0postgres\0\0");
  const header = Buffer.alloc(8);
  header.writeInt32BE(header.length + parameters.length, 0);
  header.writeInt32BE(196_608, 4);
  return probe(port, Buffer.concat([header, parameters]), (answer) => answer[0] === "R".charCodeAt(0));
}
