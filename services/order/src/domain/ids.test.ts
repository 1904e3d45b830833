import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { lateReservationIdOf, paymentIdOf, reservationIdOf } from "./ids.ts";

/** By the letter of RFC 9562: the first 16 bytes of the hash, with version 8 and the variant written over six bits. */
function expectedId(name: string): string {
  const bytes = createHash("sha256").update(name, "utf8").digest().subarray(0, 16);
  const bits = BigInt(`0x${bytes.toString("hex")}`);
  const withVersion = (bits & ~(0xfn << 76n)) | (8n << 76n);
  const hex = ((withVersion & ~(3n << 62n)) | (2n << 62n)).toString(16).padStart(32, "0");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

describe("ids that are made of names", () => {
  it("are name-based UUIDs of their parts, each with its length in bytes", () => {
    expect(reservationIdOf("user:u", "é€😀")).toBe(expectedId("flashdeal.order.v1:11:reservation:6:user:u:9:é€😀"));
    expect(paymentIdOf("o", "", "k")).toBe(expectedId("flashdeal.order.v1:7:payment:1:o:0::1:k"));
    expect(lateReservationIdOf("p")).toBe(expectedId("flashdeal.order.v1:16:late-reservation:1:p"));
    const ids = Array.from({ length: 2_000 }, (_, index) => [lateReservationIdOf(String(index)), expectedId(`flashdeal.order.v1:16:late-reservation:${String(index).length}:${index}`)]);
    expect(ids.filter(([id, expected]) => id !== expected)).toEqual([]);
  });

  it("never change: what an earlier release stored is found by them", () => {
    expect(reservationIdOf("user:u flashdeal.order.v1.OrderService/CreateOrder", "key-1")).toBe("f64b53fa-4c04-834d-9839-00610153fec5");
    expect(paymentIdOf("o", "user:u flashdeal.order.v1.OrderService/CreateOrder", "key-1")).toBe("73ed4a96-2e3c-8183-b026-cb84a7d354a7");
  });

  it("differ where a part runs into the next", () => {
    expect(reservationIdOf("a", "bc")).not.toBe(reservationIdOf("ab", "c"));
  });
});
