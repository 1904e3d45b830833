import { assert, emailAddress, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { canBeRegistered, canonicalEmail, canonicalPassword, displayNameFrom, maxDisplayNameLength } from "./account-input.ts";

describe("account input", () => {
  it("e-mail - letter case does not matter", () => {
    expect(canonicalEmail("Ada@Example.COM")).toBe("ada@example.com");
  });

  it("e-mail - an empty one and one with NUL belong to nobody", () => {
    expect([canBeRegistered("a@b.c"), canBeRegistered(""), canBeRegistered("a\0@b.c")]).toEqual([true, false, false]);
  });

  it("password - composed and decomposed letters are the same", () => {
    expect(canonicalPassword("비밀번호".normalize("NFD"))).toBe("비밀번호");
  });

  it("display name - empty or blank: the part before the @", () => {
    expect(displayNameFrom("", "ada@example.com")).toEqual({ name: "ada" });
    expect(displayNameFrom("   ", "ada@example.com")).toEqual({ name: "ada" });
  });

  it("display name - 100 characters pass, one more does not, counted as people count", () => {
    expect(displayNameFrom("🎉".repeat(100), "a@b.c")).toEqual({ name: "🎉".repeat(100) });
    expect(displayNameFrom("🎉".repeat(101), "a@b.c")).toEqual({ fault: "too-long" });
  });

  it("display name - control characters are refused", () => {
    for (const name of ["a\0b", "a\nb", "a\u0085b"]) expect(displayNameFrom(name, "a@b.c")).toEqual({ fault: "control-character" });
  });

  it("display name - whatever is asked, what passes can be stored", () => {
    assert(
      property(string({ unit: "grapheme" }), emailAddress(), (asked, email) => {
        const result = displayNameFrom(asked, email);
        if ("fault" in result) return;
        expect([...result.name].length).toBeGreaterThan(0);
        expect([...result.name].length).toBeLessThanOrEqual(maxDisplayNameLength);
        expect(result.name).not.toContain("\0");
      }),
    );
  });
});
