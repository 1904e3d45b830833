import { cpuMsOf } from "@flashdeal/runtime/testing";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasRepeatedMember } from "./repeated-member.ts";
import { isCalendarTime } from "./strict-json.ts";
import { loadTestContract } from "./testdata/test-contract.ts";
import { createTestTranscoder } from "./testdata/test-transcoder.ts";

const { send, calls } = createTestTranscoder(loadTestContract());

describe("numbers and times in a body", () => {
  test.each(["anInt64", "aUint64", "int64Value", "aFixed64", "anInt32", "aUint32", "int32Value"])("%s takes digits only", async (name) => {
    for (const value of [" ", " 1", "1 ", "\n1", "+1", "0x10", "0b1", "0o7", "1_0", "01", "Infinity"]) {
      const answer = await send("POST", "/v1/search", { [name]: value });
      expect(answer.status, JSON.stringify(value)).toBe(400);
      const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      expect(answer.json).toMatchObject({ violations: [{ field, reason: "INVALID_VALUE" }] });
    }
    for (const value of ["0", "7", 7, 7.0, 1e1, null]) {
      expect((await send("POST", "/v1/search", { [name]: value })).status, JSON.stringify(value)).toBe(200);
    }
  });

  test("in lists, in messages and in oneofs they are found too", async () => {
    const bad = [
      [{ longs: ["1", "0x1"] }, "longs[1]"],
      [{ filter: { inner: { yearFrom: "0x1" } } }, "filter.inner.year_from"],
      [{ filters: [{}, { year_from: " 1".trimEnd() }] }, "filters[1].year_from"],
      [{ middle: { yearFrom: "0x1" } }, "middle.year_from"],
      [{ times: ["2026-02-28T00:00:00Z", "2026-02-29T00:00:00Z"] }, "times[1]"],
      [{ time: "2026-01-31T24:00:00Z" }, "time"],
    ] as const;
    for (const [body, field] of bad) {
      const answer = await send("POST", "/v1/search", body);
      expect(answer.json, field).toMatchObject({ violations: [{ field, reason: "INVALID_VALUE" }] });
    }
    expect((await send("POST", "/v1/search", { time: "2024-02-29T23:59:59Z" })).status).toBe(200);
  });

  test("a number of four million digits takes no time", async () => {
    const cpuMs = await cpuMsOf(async () => expect((await send("POST", "/v1/search", { an_int64: "9".repeat(4_000_000) })).status).toBe(400));
    expect(cpuMs).toBeLessThan(500);
  });

  test("days that no calendar has are refused in a query too", async () => {
    for (const time of ["2026-02-30T00:00:00Z", "2026-04-31T00:00:00Z", "1900-02-29T00:00:00Z", "2026-01-31T24:00:00Z"]) {
      expect((await send("GET", `/v1/search?time=${time}`)).status, time).toBe(400);
    }
  });

  test("every day that a calendar has is one", () => {
    const range = { min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(range), (date) => {
        expect(isCalendarTime(date.toISOString())).toBe(true);
      }),
    );
  });
});

describe("members named twice", () => {
  test.each([
    '{"aString":"a","aString":"b"}',
    '{"aString":"a","a\\u0053tring":"b"}',
    '{"filter":{"author":"a" , "author" :"b"}}',
    '{"labels":{"a":"1","a":"1"}}',
    '{"a\\\\":1,"a\\\\":1}',
  ])("%s is refused", async (body) => {
    calls.length = 0;
    const answer = await send("POST", "/v1/search", body);
    expect(answer).toMatchObject({ status: 400, json: { violations: [{ reason: "MALFORMED_JSON" }] } });
    expect(calls).toEqual([]);
  });

  test("text that looks like members is none", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: fc.constantFrom('"', ":", "\\", "{", "}", ",", " ", "a", "\u00e9") as never }), fc.boolean(), (value, indented) => {
        const text = indented ? JSON.stringify(value, undefined, 2) : JSON.stringify(value);
        expect(hasRepeatedMember(text, JSON.parse(text))).toBe(false);
      }),
    );
  });

  test("a hostile body takes linear time", async () => {
    const text = JSON.stringify([`${"\\".repeat(200_000)}`, ...Array.from({ length: 100_000 }, () => '"')]);
    const look = () => expect(hasRepeatedMember(text, JSON.parse(text))).toBe(false);
    expect(await cpuMsOf(look)).toBeLessThan(1_000);
  });
});
