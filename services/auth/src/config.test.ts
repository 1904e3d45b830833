import { ConfigError } from "@flashdeal/runtime/config";
import { describe, expect, it } from "vitest";
import { loadAuthConfig } from "./config.ts";

const secret = { KEY_ENCRYPTION_SECRET: "0123456789abcdef0123456789abcdef" };

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadAuthConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("auth config", () => {
  it("defaults - need one secret, and make no admin", () => {
    const config = loadAuthConfig(secret);
    expect(config).toMatchObject({ accessTokenLifeMs: 900_000, refreshTokenLifeMs: 14 * 86_400_000, adminEmail: undefined, adminPassword: undefined });
  });

  it("secret - required, and long", () => {
    expect(problemsOf({})).toEqual([expect.stringContaining("KEY_ENCRYPTION_SECRET: is not set")]);
    expect(problemsOf({ KEY_ENCRYPTION_SECRET: "short" }).join()).toContain("at least 32");
    expect(problemsOf({ KEY_ENCRYPTION_SECRET: "short" }).join()).not.toContain('"short"');
  });

  it("first admin - address and password come together and are usable", () => {
    expect(problemsOf({ ...secret, ADMIN_EMAIL: "a@b.c" }).join()).toContain("ADMIN_PASSWORD: is not set");
    expect(problemsOf({ ...secret, ADMIN_PASSWORD: "password" }).join()).toContain("ADMIN_EMAIL: is not set");
    expect(problemsOf({ ...secret, ADMIN_EMAIL: "nobody", ADMIN_PASSWORD: "password" }).join()).toContain("must be an e-mail address");
    expect(problemsOf({ ...secret, ADMIN_EMAIL: "a@b.c", ADMIN_PASSWORD: "short" }).join()).toContain("at least 8");
    expect(problemsOf({ ...secret, ADMIN_EMAIL: "a@b.c", ADMIN_PASSWORD: "x".repeat(129) }).join()).toContain("at most 128");
    expect(loadAuthConfig({ ...secret, ADMIN_EMAIL: "a@b.c", ADMIN_PASSWORD: "password" }).adminEmail).toBe("a@b.c");
  });

  it("keys - are published for less time than they sign", () => {
    expect(problemsOf({ ...secret, KEY_ROTATE_AFTER: "5m", KEY_PUBLISH_AHEAD: "5m" }).join()).toContain("KEY_PUBLISH_AHEAD");
  });
});
