import { describe, expect, it } from "vitest";
import { cpuMsOf } from "../testing/cpu-time.ts";
import { HeaderTexts } from "./header-texts.ts";

const blocksPerLook = 61;

/** That the texts are gone is measured where there are some: rpc/garbage-of-calls.test.ts. */
describe("header texts", () => {
  it("every value is looked at, whether or not it was there before", () => {
    const texts = new HeaderTexts();
    expect(texts.pass({ ":path": "/a.B/C", "x-user": "1" })).toBe(2);
    expect(texts.pass({ ":path": "/a.B/C", "x-user": "2" })).toBe(2);
    expect(texts.pass({ ":path": "/a.B/D" })).toBe(1);
  });

  it("a header that is new is found before long", () => {
    const texts = new HeaderTexts();
    texts.pass({ a: "1" });
    const counts = Array.from({ length: blocksPerLook }, () => texts.pass({ a: "1", b: "2" }));
    expect(counts.slice(0, -1)).toEqual(counts.slice(0, -1).fill(1));
    expect(counts.at(-1)).toBe(2);
  });

  it("what is no text is passed over, and a value may be called as anything that objects have", () => {
    const texts = new HeaderTexts();
    expect(texts.pass({ ":status": 200, "set-cookie": ["a", "b"], a: "__proto__", b: "constructor", c: "7", d: "", e: "\u00e9" })).toBe(5);
    expect(texts.pass({ a: "toString", __proto__: null })).toBe(1);
  });

  it("long values are passed over, and cost nothing", async () => {
    const texts = new HeaderTexts();
    expect(texts.pass({ a: "x".repeat(2_048) })).toBe(1);
    expect(texts.pass({ a: "x".repeat(2_049) })).toBe(0);
    const longs = Array.from({ length: 1_500 }, (_, index) => Buffer.from("k".repeat(60_000) + String(index)).toString("latin1"));
    // As names of properties they would take seconds.
    const cpuMs = await cpuMsOf(() => {
      for (const long of longs) texts.pass({ a: long });
    });
    expect(cpuMs).toBeLessThan(500);
  });

  it("very many names are forgotten and found again, and very long ones passed over", () => {
    const texts = new HeaderTexts();
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`name-${index}`, "1"]));
    expect(texts.pass(many)).toBe(100);
    const passAll = (headers: Readonly<Record<string, string>>): number[] => Array.from({ length: blocksPerLook }, () => texts.pass(headers));
    expect(passAll({ "name-0": "1", more: "1" }).at(-1)).toBe(1);
    expect(passAll({ "name-0": "1", more: "1" }).at(-1)).toBe(2);
    expect(passAll({ ["n".repeat(101)]: "1", ["n".repeat(100)]: "1" }).at(-1)).toBe(1);
  });
});
