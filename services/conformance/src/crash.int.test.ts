/* oxlint-disable vitest/expect-expect -- surviveCrash asserts */
import { afterAll, beforeAll, describe, it } from "vitest";
import { seed, seededRandom } from "./testing/seeded-random.ts";
import { startEmbedded, type EmbeddedPlatform } from "./testing/start-embedded.ts";
import { startStandard, type StandardPlatform } from "./testing/start-standard.ts";
import { surviveCrash } from "./testing/survive-crash.ts";
import { present } from "./world/expect.ts";

const patientTimeoutMs = 180_000;
const rounds = [1, 2, 3];

describe(`end to end - the embedded profile is killed while buyers buy (CRASH_SEED=${seed})`, () => {
  let embedded: EmbeddedPlatform;
  const shared = { crowd: [] };
  const random = seededRandom(seed);
  beforeAll(async () => {
    embedded = await startEmbedded({ ORDER_PAY_WITHIN: "10m" });
  }, patientTimeoutMs);
  afterAll(() => embedded.stop(), patientTimeoutMs);

  it.each(rounds)("nothing acknowledged is lost, nothing is sold twice: round %i", async (round) => {
    const { platform, process: victim } = embedded;
    await surviveCrash({ platform, victim, protocol: round % 2 === 0 ? "grpc" : "rest", shared, random });
  }, patientTimeoutMs);
});

describe(`end to end - a process of the standard profile is killed while buyers buy (CRASH_SEED=${seed})`, () => {
  let standard: StandardPlatform | { readonly skipped: string } = { skipped: "the platform did not start" };
  const shared = { crowd: [] };
  const random = seededRandom(seed);
  beforeAll(async () => {
    standard = await startStandard({}, { ORDER_PAY_WITHIN: "10m" });
  }, patientTimeoutMs);
  afterAll(async () => {
    if (!("skipped" in standard)) await standard.stop();
  }, patientTimeoutMs);

  it.for(["order", "product", "outbox-relay", "stock-query", "gateway", "nats", "postgres"])(
    "nothing acknowledged is lost, nothing is sold twice: %s",
    { timeout: patientTimeoutMs },
    async (name, { skip }) => {
      if ("skipped" in standard) return skip(standard.skipped);
      const { platform, processes } = standard;
      const victim = present(processes.get(name), name);
      await surviveCrash({ platform, victim, protocol: "rest", shared, random });
    },
  );
});
