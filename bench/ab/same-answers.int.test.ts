import { goVersion } from "@flashdeal/infra/tools";
import { createReleaseStack } from "@flashdeal/runtime/lifecycle";
import { describe, expect, it } from "vitest";
import { startSides } from "./run.ts";
import { differentAnswers } from "./same-answers.ts";
import { abServices } from "./services.ts";

describe.skipIf(goVersion() === undefined || process.platform !== "linux")("A/B - both implementations", () => {
  it.for(Object.values(abServices))("of $name answer the same, word for word", { timeout: 180_000 }, async (service, { skip }) => {
    const stack = createReleaseStack(20_000);
    try {
      const sides = await startSides(service, { keys: 20 }, stack, () => {});
      if ("skipped" in sides) return skip(sides.skipped);
      expect(await differentAnswers(service.samples, [sides[0].transport, sides[1].transport])).toEqual([]);
    } finally {
      await stack.release();
    }
  });
});
