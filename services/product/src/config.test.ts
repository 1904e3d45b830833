import { describe, expect, it } from "vitest";
import { loadProductConfig, strategyNames } from "./config.ts";

describe("product settings - reservation strategy", () => {
  it("is group commit, unless another one is named", () => {
    expect(loadProductConfig({}).reservationStrategy).toBe("group-commit");
    expect(loadProductConfig({ PRODUCT_RESERVATION_STRATEGY: "row-lock" }).reservationStrategy).toBe("row-lock");
  });

  it("an unknown one is refused with the list of those that there are", () => {
    const load = () => loadProductConfig({ PRODUCT_RESERVATION_STRATEGY: "hope" });
    for (const name of ["PRODUCT_RESERVATION_STRATEGY", ...strategyNames]) expect(load).toThrow(name);
  });
});
