import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { rootFolder } from "../generate/contract.ts";
import { serviceNames } from "../stack/services.ts";

interface ComposeService {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const text = readFileSync(join(rootFolder, "docker-compose.yml"), "utf8");
const { services } = parse(text, { merge: true }) as { services: Readonly<Record<string, ComposeService>> };

describe("compose file", () => {
  it("has the same processes as the stack, and their servers", () => {
    expect(Object.keys(services).toSorted()).toEqual([...serviceNames, "postgres", "redis", "nats"].toSorted());
  });

  it("every container has a health check, and waits for healthy ones only", () => {
    for (const [name, { healthcheck, depends_on: needs = {} }] of Object.entries(services)) {
      expect(healthcheck?.test, name).toBeDefined();
      for (const [needed, { condition }] of Object.entries(needs)) {
        expect(Object.keys(services), name).toContain(needed);
        expect(condition, name).toBe("service_healthy");
      }
    }
  });

  it("every command runs a file that exists", () => {
    for (const name of serviceNames) {
      const [program, file = ""] = services[name]?.command ?? [];
      expect(program, name).toBe("node");
      expect(existsSync(join(rootFolder, file)), file).toBe(true);
    }
  });

  it("a process is called at the port on which it listens", () => {
    const { environment: shared = {} } = services["order"] ?? {};
    for (const name of ["auth", "product", "order", "stock-query", "auditor"]) {
      const setting = `${name.toUpperCase().replace("-", "_")}_ADDRESS`;
      expect(shared[setting], setting).toBe(`${name}:${services[name]?.environment?.["GRPC_PORT"]}`);
    }
  });

  it("mounts files that exist", () => {
    for (const [, path = ""] of text.matchAll(/- (\.\/[^:]+):\//g)) {
      expect(existsSync(join(rootFolder, path)), path).toBe(true);
    }
  });

  it("the image copies every workspace's package.json before it installs", () => {
    const dockerfile = readFileSync(join(rootFolder, "infra/docker/Dockerfile"), "utf8");
    const { workspaces } = JSON.parse(readFileSync(join(rootFolder, "package.json"), "utf8")) as { workspaces: readonly string[] };
    for (const workspace of workspaces) {
      expect(dockerfile).toContain(`COPY ${workspace}/package.json ${workspace}/`);
    }
  });
});
