import type { Protocol } from "./caller/caller.ts";
import type { Platform, World } from "./world/world.ts";

/** What a case must know of the platform, besides its addresses. */
export type Need = "holdMs" | "accessTokenLifeMs" | "internalTokenSecret";

/** One behaviour that every implementation of the contract has. Throws where it has not. */
export interface ConformanceCase {
  /** `area - behaviour`. */
  readonly name: string;
  /** Default: both. */
  readonly protocols?: readonly Protocol[];
  /** Default: nothing. */
  readonly needs?: readonly Need[];
  /** Longest that it may take, in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number;
  run(world: World): Promise<void>;
}

/** Why the case cannot be run on this platform through this protocol; undefined where it can. */
export function skipReason(conformanceCase: ConformanceCase, platform: Platform, protocol: Protocol): string | undefined {
  const { protocols, needs = [] } = conformanceCase;
  if (protocols !== undefined && !protocols.includes(protocol)) return `only through ${protocols.join(" and ")}`;
  if ((protocol === "rest" ? platform.restUrl : platform.grpcAddresses) === undefined) return `no address for ${protocol}`;
  const missing = needs.filter((need) => platform[need] === undefined);
  return missing.length > 0 ? `needs to know ${missing.join(" and ")}` : undefined;
}
