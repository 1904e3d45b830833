import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { reasonPolicies, type ErrorReasonPolicy } from "@flashdeal/runtime/errors";
import { codeName } from "@flashdeal/runtime/telemetry";
import { rootFolder } from "./contract.ts";

const target = "docs/errors.md";
const commentsFile = "proto/gen/comments.json";
const enumName = "flashdeal.errors.v1.ErrorReason";

const head = `<!-- Written by \`npm run generate\` from proto/flashdeal/errors/v1/error_reason.proto: change that file. -->
# Errors

Why a call can fail: the closed list of the contract, [error_reason.proto](../proto/flashdeal/errors/v1/error_reason.proto).

- **gRPC and Connect**: the code, and exactly one \`google.rpc.ErrorInfo\` with the reason and the domain \`flashdeal.dev\`. Where a field is wrong,
  \`google.rpc.BadRequest\` names it; where coming again makes sense, \`google.rpc.RetryInfo\` says when.
- **REST**: the HTTP status, and a problem document (\`application/problem+json\`, RFC 9457) with the members \`type\`
  (\`urn:flashdeal:problem:<reason>\`), \`title\`, \`status\`, \`detail\`, \`reason\`, \`code\`, \`requestId\`, and where they apply \`metadata\`, \`violations\` and
  \`retryAfterMs\` (also the header \`Retry-After\`).

Go by the reason. The text in \`detail\` is for people and may change.

| reason | gRPC code | HTTP | title | meaning |
|---|---|---|---|---|
`;

/** Writes docs/errors.md: every error reason of the contract with what the contract says about it. */
export function generateErrorTable(): void {
  mkdirSync(join(rootFolder, dirname(target)), { recursive: true });
  writeFileSync(join(rootFolder, target), renderErrorTable(reasonPolicies, readComments()));
}

/** Names the file where it is not what generating gives now. */
export function staleErrorTable(): string[] {
  try {
    return readFileSync(join(rootFolder, target), "utf8") === renderErrorTable(reasonPolicies, readComments()) ? [] : [target];
  } catch {
    return [target];
  }
}

/** The page as Markdown: a row per reason, in the order of the contract. Throws where a reason has no comment. */
export function renderErrorTable(policies: readonly ErrorReasonPolicy[], comments: Readonly<Record<string, string>>): string {
  const rows = policies.map(({ reason, code, httpStatus, title }) => {
    const comment = comments[`${enumName}.ERROR_REASON_${reason}`];
    if (comment === undefined) {
      throw new Error(`the contract says nothing about ${reason}`);
    }
    return `| \`${reason}\` | ${codeName(code)} | ${httpStatus} | ${cell(title)} | ${cell(comment)} |`;
  });
  return `${head}${rows.join("\n")}\n`;
}

function readComments(): Record<string, string> {
  return JSON.parse(readFileSync(join(rootFolder, commentsFile), "utf8")) as Record<string, string>;
}

function cell(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").replaceAll("|", "\\|");
}
