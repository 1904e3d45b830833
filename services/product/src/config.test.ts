import { describe, expect, it } from "vitest";
import { loadProductConfig } from "./config.ts";

describe("product settings - reservation strategy", () => {
  it("is group commit, unless another one is named", () => {
    expect(loadProductConfig({}).reservationStrategy).toBe("group-commit");
    expect(loadProductConfig({ PRODUCT_RESERVATION_STRATEGY: "row-lock" }).reservationStrategy).toBe("row-lock");
  });

  it("an unknown one is refused with the list of those that there are", () => {
    expect(() => loadProductConfig({ PRODUCT_RESERVATION_STRATEGY: "hope" })).toThrow(/PRODUCT_RESERVATION_STRATEGY.*group-commit.*row-lock.*conditional-update/s);
  });
});
