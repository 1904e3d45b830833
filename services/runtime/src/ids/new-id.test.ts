import { validate, version } from "uuid";
import { describe, expect, it } from "vitest";
import { createIdSource, newId } from "./new-id.ts";

describe("ids", () => {
  it("are UUIDv7s, and no two the same", () => {
    const ids = Array.from({ length: 10_000 }, newId);
    expect(ids.filter((id) => !validate(id) || version(id) !== 7)).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("ascend, within a millisecond and when the clock goes back", () => {
    const times = [5, 5, 5, 4, 1, 6, 6, 5].flatMap((ms) => Array.from({ length: 1_000 }, () => ms));
    let at = 0;
    const next = createIdSource(() => times[at++] ?? 7);
    const ids = Array.from({ length: times.length }, next);
    expect(ids).toEqual(ids.toSorted());
  });
});
