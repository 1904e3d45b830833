import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rootFolder } from "../generate/contract.ts";
import { checkBreaking } from "./breaking.ts";

describe("contract - breaking changes", () => {
  let folder: string;
  const service = () => join(folder, "proto/flashdeal/order/v1/order_service.proto");
  const edit = (from: string, to: string) => {
    const text = readFileSync(service(), "utf8");
    expect(text).toContain(from);
    writeFileSync(service(), text.replace(from, to));
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "flashdeal-breaking-"));
    for (const name of ["buf.yaml", "proto/flashdeal", "proto/third_party"]) {
      cpSync(join(rootFolder, name), join(folder, name), { recursive: true });
    }
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("a new field passes", () => {
    edit("  string request_id = 2 [", "  // A note.\n  string note = 200;\n  string request_id = 2 [");
    expect(checkBreaking("HEAD", folder)).toEqual({ problems: [] });
  });

  it("another number for a field fails and is named", () => {
    edit("string cancel_reason = 9;", "string cancel_reason = 90;");
    expect(checkBreaking("HEAD", folder).problems.join()).toContain('"9" with name "cancel_reason"');
  });

  it("a method that is gone fails and is named", () => {
    const text = readFileSync(service(), "utf8");
    writeFileSync(service(), text.replace(/ {2}rpc WatchOrder\([\s\S]*?\n {2}\}\n/, ""));
    expect(checkBreaking("HEAD", folder).problems.join()).toContain('"WatchOrder"');
  });

  it("another type for a field fails and is named", () => {
    edit("int64 quantity = 2", "string quantity = 2");
    expect(checkBreaking("HEAD", folder).problems.join()).toContain('"quantity"');
  });
});
