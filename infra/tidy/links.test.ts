import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { rootFolder } from "../generate/contract.ts";
import { namedScripts, readMarkdown } from "./markdown.ts";
import { listFiles } from "./source-files.ts";

const paths = listFiles().filter((path) => path.endsWith(".md"));
const documents = paths.map((path) => {
  const text = readFileSync(join(rootFolder, path), "utf8");
  return { path, text, markdown: readMarkdown(text) };
});
const document = (path: string) => documents.find((candidate) => candidate.path === path) ?? expect.fail(`${path} is missing`);

describe("documents - links", () => {
  it("relative links name files and headings that exist", () => {
    const broken = documents.flatMap(({ path, markdown }) =>
      markdown.links.filter((link) => !/^[a-z]+:/.test(link)).flatMap((link) => (linkLeadsSomewhere(path, link) ? [] : [`${path}: ${link}`])),
    );
    expect(broken).toEqual([]);
  });

  it("tests that are named exist under that title", () => {
    const missing = documents.flatMap(({ path, markdown }) =>
      markdown.namedTests
        .filter(({ file, title }) => !readFileSync(join(rootFolder, dirname(path), file), "utf8").includes(title))
        .map(({ file, title }) => `${path}: ${file} has no test "${title}"`),
    );
    expect(missing).toEqual([]);
  });
});

describe("documents - commands", () => {
  const { scripts } = JSON.parse(readFileSync(join(rootFolder, "package.json"), "utf8")) as { scripts: Record<string, string> };

  it("every npm script that a document names exists", () => {
    const unknown = documents.flatMap(({ path, text }) => [...namedScripts(text)].filter((name) => !(name in scripts)).map((name) => `${path}: ${name}`));
    expect(unknown).toEqual([]);
  });

  it.each(["README.md", "README.ko.md"])("%s explains every npm script that somebody runs by hand", (path) => {
    const named = namedScripts(document(path).text);
    expect(Object.keys(scripts).filter((name) => !named.has(name) && name !== "postinstall")).toEqual([]);
  });
});

describe("documents - two languages", () => {
  const [english, korean] = [document("README.md").markdown, document("README.ko.md").markdown];
  const languages = new Set(["README.md", "README.ko.md"]);

  it("the READMEs have the same headings", () => expect(korean.headingLevels).toEqual(english.headingLevels));
  it("the READMEs have the same code blocks", () => expect(korean.codeBlocks).toEqual(english.codeBlocks));
  it("the READMEs have the same code in their text", () => expect(korean.codeSpans.toSorted()).toEqual(english.codeSpans.toSorted()));
  it("the READMEs have the same links", () => {
    const [inKorean, inEnglish] = [korean, english].map(({ links }) => links.filter((link) => !languages.has(link)).toSorted());
    expect(inKorean).toEqual(inEnglish);
  });
});

describe("documents - the rules themselves", () => {
  it("see headings, links, marked blocks and named tests, and no links in code", () => {
    const text = '# One, `two`\n\n[a](b.md) `[c](d.md)`\n\n<!-- x -->\n```sh\n# no heading\n[e](f.md)\n```\n\n[g](h.test.ts) "it holds"\n';
    expect(readMarkdown(text)).toEqual({
      headingLevels: [1],
      anchors: new Set(["one-two"]),
      codeBlocks: ["<!-- x -->\n```sh\n# no heading\n[e](f.md)\n```"],
      links: ["b.md", "h.test.ts"],
      codeSpans: ["two", "[c](d.md)"],
      namedTests: [{ file: "h.test.ts", title: "it holds" }],
    });
  });

  it("see scripts", () => expect([...namedScripts("npm ci && npm start, npm run sale -- --help, npm testing")]).toEqual(["start", "sale"]));
});

function linkLeadsSomewhere(from: string, link: string): boolean {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? from : join(dirname(from), file);
  if (!existsSync(join(rootFolder, target))) {
    return false;
  }
  return anchor === undefined || !target.endsWith(".md") || document(target).markdown.anchors.has(anchor);
}
