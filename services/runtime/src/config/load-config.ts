import { readFileSync } from "node:fs";
import type { z } from "zod";

/** One setting: its environment name, how it is read, and what a good value looks like. */
export interface Setting<T> {
  /** The name of the environment variable: `GRPC_PORT`. With `secret`, `<name>_FILE` may name a file that holds it. */
  readonly name: string;
  /** Reads the text. An unset or empty variable is `undefined`. */
  readonly schema: z.ZodType<T, string | undefined>;
  /** Shown where the value is missing or wrong. */
  readonly example: string;
  /** Its value never appears in a message. Default: false. */
  readonly secret?: boolean;
}

/** The settings of a process by the names that its code uses. */
export type ConfigShape = Readonly<Record<string, Setting<unknown>>>;

/** The configuration that a shape describes. */
export type Config<Shape extends ConfigShape> = {
  readonly [Key in keyof Shape]: Shape[Key] extends Setting<infer T> ? T : never;
};

/** Says everything that is wrong with the environment at once. A process that gets it prints `message` and exits with 78. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** One line per problem. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n${problems.map((line) => `  ${line}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Reads the settings from `env`. Throws one `ConfigError` that lists every setting that is missing or wrong, with what is
 * wrong and an example. Two settings of different keys may read the same variable.
 */
export function loadConfig<Shape extends ConfigShape>(shape: Shape, env: NodeJS.ProcessEnv): Config<Shape> {
  const problems: string[] = [];
  const entries = Object.entries(shape).map(([key, setting]): [string, unknown] => {
    const text = readSetting(setting, env, problems);
    if (text === unreadable) return [key, undefined];
    const result = setting.schema.safeParse(text);
    if (result.success) return [key, result.data];
    const wrong = result.error.issues.map((issue) => issue.message).join("; ");
    const shown = text === undefined || setting.secret === true ? "" : ` (it is ${JSON.stringify(text)})`;
    problems.push(`${setting.name}: ${wrong}${shown}. Example: ${setting.name}=${setting.example}`);
    return [key, undefined];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.fromEntries(entries) as Config<Shape>;
}

const unreadable = Symbol("unreadable");

function readSetting(setting: Setting<unknown>, env: NodeJS.ProcessEnv, problems: string[]): string | undefined | typeof unreadable {
  const text = env[setting.name]?.trim();
  const file = setting.secret === true ? env[`${setting.name}_FILE`]?.trim() : undefined;
  if (file === undefined || file === "") return text === "" ? undefined : text;
  if (text !== undefined && text !== "") {
    problems.push(`${setting.name} and ${setting.name}_FILE are both set. Set one of them.`);
    return unreadable;
  }
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    problems.push(`${setting.name}_FILE: ${error instanceof Error ? error.message : String(error)}. It names the file that holds the value.`);
    return unreadable;
  }
}
