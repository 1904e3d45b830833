/* oxlint-disable vitest/valid-title, vitest/expect-expect, vitest/no-disabled-tests -- this file makes suites for others; the cases assert by themselves */
import type { Skipped } from "@flashdeal/infra/servers";
import { afterAll, beforeAll, describe, it, type TestContext } from "vitest";
import type { Protocol } from "../caller/caller.ts";
import { cases } from "../cases/index.ts";
import { skipReason, type ConformanceCase } from "../conformance-case.ts";
import { createWorld } from "../world/create-world.ts";
import type { World } from "../world/world.ts";
import type { RunningPlatform } from "./start-embedded.ts";

const protocols: readonly Protocol[] = ["rest", "grpc"];
const startTimeoutMs = 240_000;
/** Other tests may share the machine. */
const patience = 3;

/** One test per case whose name matches, and protocol, against a platform that is started for them. Default: every case. */
export function describeConformance(profile: string, start: () => Promise<RunningPlatform | Skipped>, names = /^/): void {
  describe(`end to end - ${profile}`, () => {
    let running: RunningPlatform | Skipped = { skipped: "the platform did not start" };
    const worlds = new Map<Protocol, World>();
    beforeAll(async () => {
      running = await start();
      if ("skipped" in running) return;
      const shared = { crowd: [] };
      for (const protocol of protocols) worlds.set(protocol, createWorld(running.platform, protocol, shared));
    }, startTimeoutMs);
    afterAll(async () => {
      for (const world of worlds.values()) world.close();
      if (!("skipped" in running)) await running.stop();
    }, startTimeoutMs);

    const run = (conformanceCase: ConformanceCase, protocol: Protocol) => async (context: TestContext) => {
      const world = worlds.get(protocol);
      if (world === undefined) return context.skip("skipped" in running ? running.skipped : `no ${protocol}`);
      const reason = skipReason(conformanceCase, world.platform, protocol);
      if (reason !== undefined) return context.skip(reason);
      await conformanceCase.run(world);
    };
    for (const protocol of protocols) {
      describe(protocol, () => {
        for (const each of offered(protocol, names).filter((one) => !waits(one))) {
          it(each.name, { timeout: (each.timeoutMs ?? 30_000) * patience }, run(each, protocol));
        }
      });
    }
    // What waits for time to pass waits for both at once.
    describe.concurrent("in time", () => {
      for (const protocol of protocols) {
        for (const each of offered(protocol, names).filter(waits)) {
          it(`${protocol} - ${each.name}`, { timeout: (each.timeoutMs ?? 30_000) * patience }, run(each, protocol));
        }
      }
    });
  });
}

/** Cases that need a token to end want a platform of their own. */
function offered(protocol: Protocol, names: RegExp): readonly ConformanceCase[] {
  return cases.filter(
    ({ name, needs, protocols: own = protocols }) => names.test(name) && own.includes(protocol) && needs?.includes("accessTokenLifeMs") !== true,
  );
}

function waits({ needs }: ConformanceCase): boolean {
  return needs?.includes("holdMs") === true;
}
