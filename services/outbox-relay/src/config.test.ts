import { ConfigError } from "@flashdeal/runtime/config";
import { describe, expect, it } from "vitest";
import { loadOutboxRelayConfig } from "./config.ts";

const problemsOf = (env: NodeJS.ProcessEnv): readonly string[] => {
  try {
    loadOutboxRelayConfig(env);
    return [];
  } catch (error) {
    return error instanceof ConfigError ? error.problems : [String(error)];
  }
};

describe("outbox-relay config", () => {
  it("schemas - the two that have an outbox by default, or a list", () => {
    expect(loadOutboxRelayConfig({}).schemas).toEqual(["product", "orders"]);
    expect(loadOutboxRelayConfig({ OUTBOX_SCHEMAS: "orders, shop_2" }).schemas).toEqual(["orders", "shop_2"]);
  });

  it("schemas - what is no name of a schema is refused", () => {
    for (const bad of ["product;drop", "Product", "a,,b", '"x"', "pg catalog"]) {
      expect(problemsOf({ OUTBOX_SCHEMAS: bad }).join("\n")).toContain("OUTBOX_SCHEMAS: must be names of schemas");
    }
  });

  it("limits - every problem is told at once", () => {
    expect(problemsOf({ OUTBOX_BATCH_SIZE: "0", OUTBOX_RETENTION: "soon", OUTBOX_SCHEMAS: "!" })).toHaveLength(3);
  });
});
