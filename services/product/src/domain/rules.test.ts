import { describe, expect, it } from "vitest";
import { dealState } from "./deal.ts";
import { priceProblems } from "./money.ts";
import { foldName } from "./product.ts";
import { sumLines } from "./reservation.ts";
import { settleHold } from "./settle-hold.ts";

describe("deal state", () => {
  const startTime = new Date(1_000);
  const endTime = new Date(2_000);
  it.each([
    [999, "SCHEDULED"],
    [1_000, "ACTIVE"],
    [1_999, "ACTIVE"],
    [2_000, "ENDED"],
  ] as const)("at %d ms it is %s", (ms, state) => expect(dealState({ startTime, endTime, cancelTime: undefined }, new Date(ms))).toBe(state));

  it("stays cancelled after its end", () => expect(dealState({ startTime, endTime, cancelTime: startTime }, new Date(3_000))).toBe("CANCELLED"));
});

describe("price", () => {
  const price = { currencyCode: "USD", units: 1n, nanos: 0 };
  it.each([
    [{}, []],
    [{ units: 0n }, []],
    [{ nanos: 999_999_999 }, []],
    [{ currencyCode: "usd" }, ["currencyCode"]],
    [{ currencyCode: "" }, ["currencyCode"]],
    [{ units: -1n }, ["units"]],
    [{ nanos: 1_000_000_000 }, ["nanos"]],
    [{ nanos: -1 }, ["nanos"]],
    [{ units: -1n, nanos: -1 }, ["units", "nanos"]],
  ])("%o is wrong in %o", (change, fields) => expect(priceProblems({ ...price, ...change }).map(([field]) => field)).toEqual(fields));
});

describe("name search", () => {
  it("does not mind letter case and width", () => expect(foldName("ＡÄb 신발")).toBe("aäb 신발"));
});

describe("lines", () => {
  it("sums a deal's quantities at its first place", () => {
    expect(sumLines([{ dealId: "b", quantity: 1n }, { dealId: "a", quantity: 2n }, { dealId: "b", quantity: 3n }])).toEqual([
      { dealId: "b", quantity: 4n },
      { dealId: "a", quantity: 2n },
    ]);
  });
});

describe("settling a hold", () => {
  it.each([
    ["NONE", "EXPIRE"],
    ["EXPIRED", "EXPIRE"],
    ["CANCELLED", "RELEASE"],
    ["PAID", "COMMIT"],
    ["SHIPPED", "COMMIT"],
    ["DELIVERED", "COMMIT"],
    ["PENDING_PAYMENT", undefined],
    ["UNKNOWN", undefined],
  ] as const)("%s -> %s", (standing, intent) => expect(settleHold(standing)).toBe(intent));
});
