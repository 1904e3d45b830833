import { describe, expect, it } from "vitest";
import { cpuMsOf } from "../testing/cpu-time.ts";
import { HeaderTexts } from "./header-texts.ts";

const blocksPerSample = 61;

/** Passes so many blocks and answers how many values of the last one were known. */
function passAll(texts: HeaderTexts, count: number, blockOf: (index: number) => Readonly<Record<string, unknown>>): number {
  let known = 0;
  for (let index = 0; index < count; index++) known = texts.pass(blockOf(index));
  return known;
}

const blockOfUser = (user: number) => ({ ":path": "/a.B/C", "x-user": `u${user}` });

const everyOtherAgain = (index: number) => ({ authorization: `Bearer ${index % 2 === 0 ? "again" : index}` });

const samples = (count: number): number => count * blocksPerSample;

describe("header texts", () => {
  it("a value that comes again is known from then on, and the others of its block are not", () => {
    const texts = new HeaderTexts();
    expect(passAll(texts, samples(1), blockOfUser)).toBe(0);
    expect(texts.pass(blockOfUser(samples(1)))).toBe(1);
    expect(texts.pass({ ":path": "/a.B/D" })).toBe(0);
    expect(texts.pass({ te: "/a.B/C" })).toBe(0);
  });

  it.each([2, 3, 4])("values of %i callers that take turns are all known", (callers) => {
    const texts = new HeaderTexts();
    const block = (index: number) => ({ authorization: `Bearer ${index % callers}` });
    passAll(texts, samples(3 * callers), block);
    for (let caller = 0; caller < callers; caller++) expect(texts.pass(block(caller))).toBe(1);
  });

  it("a header whose values no longer come again is not looked at any more, until they do", () => {
    const texts = new HeaderTexts();
    const old = { authorization: "Bearer old" };
    passAll(texts, samples(2), () => old);
    expect(texts.pass(old)).toBe(1);
    passAll(texts, samples(9), (index) => ({ authorization: `Bearer ${index}` }));
    expect(texts.pass(old)).toBe(0);
    passAll(texts, samples(3), () => old);
    expect(texts.pass(old)).toBe(1);
  });

  it("a header is looked at as long as some of its values come again", () => {
    const texts = new HeaderTexts();
    passAll(texts, samples(40) - 1, everyOtherAgain);
    expect(texts.pass(everyOtherAgain(0))).toBe(1);
  });

  it("what is no text is passed over, and a value may be called as anything that objects have", () => {
    const texts = new HeaderTexts();
    const block = { ":status": 200, "set-cookie": ["a", "b"], a: "__proto__", b: "constructor", c: "7", d: "", e: "\u00e9" };
    passAll(texts, samples(2), () => block);
    expect(texts.pass(block)).toBe(5);
    expect(texts.pass({ a: "toString", b: "hasOwnProperty" })).toBe(0);
  });

  it("very long values and very many are not kept", () => {
    const texts = new HeaderTexts();
    const long = { a: "x".repeat(2_049) };
    passAll(texts, samples(3), () => long);
    expect(texts.pass(long)).toBe(0);
    const block = (index: number) => ({ a: `value ${Math.floor(index / samples(3))}` });
    const last = block(samples(3 * 1_000) - 1);
    passAll(texts, samples(3 * 1_000), block);
    expect([texts.pass({ a: "value 0" }), texts.pass(last)]).toEqual([1, 1]);
    // One more, and all are forgotten but this one.
    passAll(texts, samples(3), () => ({ a: "one more" }));
    expect([texts.pass({ a: "value 0" }), texts.pass(last), texts.pass({ a: "one more" })]).toEqual([0, 0, 1]);
  });

  it("long values of a header that is looked at cost nothing", async () => {
    const texts = new HeaderTexts();
    passAll(texts, samples(2), () => ({ a: "short" }));
    const longs = Array.from({ length: 1_500 }, (_, index) => Buffer.from("k".repeat(60_000) + String(index)).toString("latin1"));
    // One in two is short, so that the header stays one that is looked at. As names of properties the long ones would take seconds.
    const cpuMs = await cpuMsOf(() => {
      for (const long of longs) passAll(texts, 2, (index) => ({ a: index === 0 ? long : "short" }));
    });
    expect(cpuMs).toBeLessThan(500);
  });

  it("a header whose values became long is not looked at any more", () => {
    const texts = new HeaderTexts();
    passAll(texts, samples(2), () => ({ a: "short" }));
    expect(texts.pass({ a: "short" })).toBe(1);
    passAll(texts, samples(9), () => ({ a: "x".repeat(2_049) }));
    expect(texts.pass({ a: "short" })).toBe(0);
  });

  it("very many names are forgotten, and very long ones never looked at", () => {
    const texts = new HeaderTexts();
    const block = { a: "1" };
    passAll(texts, samples(2), () => block);
    passAll(texts, samples(101), (index) => ({ [`name-${index}`]: "1" }));
    expect(texts.pass(block)).toBe(0);
    passAll(texts, samples(3), () => block);
    expect(texts.pass(block)).toBe(1);
    const long = { ["n".repeat(101)]: "1" };
    passAll(texts, samples(3), () => long);
    expect(texts.pass(long)).toBe(0);
  });
});
