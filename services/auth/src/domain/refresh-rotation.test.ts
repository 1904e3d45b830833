import { describe, expect, it } from "vitest";
import { decideRotation } from "./refresh-rotation.ts";

const now = new Date("2026-01-01T00:00:00Z");
const later = new Date("2026-01-02T00:00:00Z");
const earlier = new Date("2025-12-31T00:00:00Z");
const good = { expireTime: later, useTime: null, familyRevokeTime: null };

describe("refresh rotation", () => {
  it("decision - a token that is unused, alive and not revoked rotates", () => {
    expect(decideRotation(good, now)).toBe("rotate");
  });

  it("decision - unknown, expired and revoked ones are refused", () => {
    expect(decideRotation(undefined, now)).toBe("refuse");
    expect(decideRotation({ ...good, expireTime: now }, now)).toBe("refuse");
    expect(decideRotation({ ...good, familyRevokeTime: earlier }, now)).toBe("refuse");
  });

  it("decision - a used one ends the family, even when it is expired or the family revoked", () => {
    const used = { ...good, useTime: earlier };
    expect(decideRotation(used, now)).toBe("revoke-family");
    expect(decideRotation({ ...used, expireTime: earlier }, now)).toBe("revoke-family");
    expect(decideRotation({ ...used, familyRevokeTime: earlier }, now)).toBe("revoke-family");
  });
});
