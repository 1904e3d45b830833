import { z } from "zod";
import type { Setting } from "./load-config.ts";

type Default<T> = { readonly default?: T };

/** With a default the setting may be left out; without one it is required. */
function setting<T>(name: string, example: string, value: z.ZodType<T, string>, fallback: T | undefined, secret = false): Setting<T> {
  const schema = z.union([z.undefined(), z.string()]).transform((text, context): T => {
    if (text === undefined) {
      if (fallback !== undefined) return fallback;
      context.addIssue({ code: "custom", message: "is not set" });
      return z.NEVER;
    }
    const result = value.safeParse(text);
    if (result.success) return result.data;
    for (const issue of result.error.issues) context.addIssue({ code: "custom", message: issue.message });
    return z.NEVER;
  });
  return { name, example, secret, schema };
}

/** The same setting, undefined where it is not set. */
export function optional<T>(inner: Setting<T>): Setting<T | undefined> {
  const schema = z.union([z.undefined(), z.string()]).transform((text, context): T | undefined => {
    if (text === undefined) return undefined;
    const result = inner.schema.safeParse(text);
    if (result.success) return result.data;
    for (const issue of result.error.issues) context.addIssue({ code: "custom", message: issue.message });
    return z.NEVER;
  });
  return { ...inner, schema };
}

/** Any text that is not empty. */
export function text(name: string, options: Default<string> & { readonly example?: string } = {}): Setting<string> {
  return setting(name, options.example ?? options.default ?? "text", z.string(), options.default);
}

/** A whole number within limits, both included. */
export function integer(name: string, options: Default<number> & { readonly min?: number; readonly max?: number } = {}): Setting<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  const message = `must be a whole number from ${min} to ${max}`;
  const value = z.string().regex(/^-?\d{1,16}$/, message).transform(Number).pipe(z.number().min(min, message).max(max, message));
  return setting(name, String(options.default ?? min), value, options.default);
}

/** A port to listen on. 0 chooses a free one. */
export function port(name: string, options: Default<number> = {}): Setting<number> {
  return { ...integer(name, { ...options, min: 0, max: 65_535 }), example: String(options.default ?? 8080) };
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A span of time as `250ms`, `30s`, `15m`, `24h` or `7d`, read in milliseconds. A bare number is milliseconds. */
export function duration(name: string, options: Default<number> & { readonly minMs?: number; readonly maxMs?: number } = {}): Setting<number> {
  const { minMs = 0, maxMs = 366 * 86_400_000 } = options;
  return scaled(name, "30s", unitsMs, "ms", { min: minMs, max: maxMs, default: options.default }, "a time such as 250ms, 30s, 15m, 24h or 7d");
}

const unitsBytes: Readonly<Record<string, number>> = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 };

/** A size as `512KiB` or `4MiB`, read in bytes. A bare number is bytes. */
export function bytes(name: string, options: Default<number> & { readonly minBytes?: number; readonly maxBytes?: number } = {}): Setting<number> {
  const { minBytes = 1, maxBytes = 2_147_483_647 } = options;
  return scaled(name, "4MiB", unitsBytes, "B", { min: minBytes, max: maxBytes, default: options.default }, "a size such as 512KiB or 4MiB");
}

function scaled(
  name: string,
  example: string,
  units: Readonly<Record<string, number>>,
  baseUnit: string,
  limits: { readonly min: number; readonly max: number; readonly default: number | undefined },
  what: string,
): Setting<number> {
  const message = `must be ${what}, from ${limits.min}${baseUnit} to ${limits.max}${baseUnit}`;
  const value = z.string().transform((text, context) => {
    const [, digits, unit = baseUnit] = /^(\d{1,15})\s*([A-Za-z]*)$/.exec(text)?.map((part) => part || undefined) ?? [];
    const factor = units[unit];
    const amount = digits === undefined || factor === undefined ? Number.NaN : Number(digits) * factor;
    if (amount >= limits.min && amount <= limits.max) return amount;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
  return setting(name, example, value, limits.default);
}

/** An absolute URL of one of the protocols: `url("NATS_URL", { protocols: ["nats"] })`. */
export function url(name: string, options: Default<string> & { readonly protocols: readonly string[]; readonly secret?: boolean }): Setting<string> {
  const { protocols } = options;
  const message = `must be a URL that starts with ${protocols.map((protocol) => `${protocol}://`).join(" or ")}`;
  const value = z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1)), message);
  return setting(name, `${protocols[0]}://127.0.0.1`, value, options.default, options.secret);
}

/** URLs of one of the protocols, separated by commas, none of them twice. */
export function urls(name: string, options: Default<readonly string[]> & { readonly protocols: readonly string[]; readonly max: number; readonly secret?: boolean }): Setting<readonly string[]> {
  const { protocols, max } = options;
  const isOne = (text: string): boolean => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1));
  const value = z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .refine((parts) => parts.every(isOne), `must be URLs that start with ${protocols.map((protocol) => `${protocol}://`).join(" or ")}, separated by commas`)
    .refine((parts) => parts.length <= max, `must be at most ${max} URLs`)
    .refine((parts) => new Set(parts).size === parts.length, "must not name a URL twice");
  return setting(name, `${protocols[0]}://127.0.0.1:1,${protocols[0]}://127.0.0.1:2`, value, options.default, options.secret);
}

/** `host:port`, the host a name, an IPv4 address or an IPv6 address in brackets. */
export function address(name: string, options: Default<string> = {}): Setting<string> {
  const value = z.string().refine(isAddress, "must be host:port");
  return setting(name, options.default ?? "127.0.0.1:50051", value, options.default);
}

function isAddress(text: string): boolean {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]{1,253}):(\d{1,5})$/.exec(text);
  return match !== null && Number(match[2]) > 0 && Number(match[2]) <= 65_535;
}

/** One of the values. */
export function oneOf<const T extends string>(name: string, values: readonly T[], options: Default<T> = {}): Setting<T> {
  const value = z.string().transform((text, context) => {
    const found = values.find((candidate) => candidate === text);
    if (found !== undefined) return found;
    context.addIssue({ code: "custom", message: `must be one of ${values.join(", ")}` });
    return z.NEVER;
  });
  return setting(name, options.default ?? values[0] ?? "", value, options.default);
}

/** `true` or `false`. */
export function flag(name: string, options: Default<boolean> = {}): Setting<boolean> {
  const value = z.string().refine((text) => text === "true" || text === "false", "must be true or false").transform((text) => text === "true");
  return setting(name, "true", value, options.default);
}

/** A secret of at least `minLength` characters (default 32), also readable from the file that `<name>_FILE` names. */
export function secret(name: string, options: Default<string> & { readonly minLength?: number } = {}): Setting<string> {
  const { minLength = 32 } = options;
  const value = z.string().min(minLength, `must have at least ${minLength} characters`);
  return setting(name, "$(openssl rand -hex 32)", value, options.default, true);
}
