import type { Skipped } from "@flashdeal/infra/servers";
import { startStack, type Stack, type StackOptions } from "@flashdeal/infra/stack";
import { newSecret, testAdmin, testHoldMs, testSettings } from "./platform-settings.ts";
import type { RunningPlatform } from "./start-embedded.ts";

/** The standard profile, with its processes, to kill and restart. */
export interface StandardPlatform extends RunningPlatform {
  readonly processes: Stack["processes"];
}

/** Starts every service as its own process, in the languages asked for, over private servers; or says what is missing for it. */
export async function startStandard(
  implementations: NonNullable<StackOptions["implementations"]> = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<StandardPlatform | Skipped> {
  const internalTokenSecret = newSecret();
  const stack = await startStack({ implementations, environment: { ...testSettings(internalTokenSecret), ...settings } });
  if ("skipped" in stack) return stack;
  const { restUrl, grpcAddresses, processes } = stack;
  return {
    platform: { restUrl, grpcAddresses, admin: testAdmin, holdMs: testHoldMs, internalTokenSecret },
    processes,
    stop: () => stack.stop(),
  };
}
