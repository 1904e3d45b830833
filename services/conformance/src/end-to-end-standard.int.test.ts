import { startStack } from "@flashdeal/infra/stack";
import { describeConformance } from "./testing/conformance-suite.ts";
import { newSecret, testAdmin, testHoldMs, testSettings } from "./testing/platform-settings.ts";

describeConformance("standard profile", async () => {
  const internalTokenSecret = newSecret();
  const stack = await startStack({ environment: testSettings(internalTokenSecret) });
  if ("skipped" in stack) return stack;
  const { restUrl, grpcAddresses } = stack;
  return {
    platform: { restUrl, grpcAddresses, admin: testAdmin, holdMs: testHoldMs, internalTokenSecret },
    stop: () => stack.stop(),
  };
});
