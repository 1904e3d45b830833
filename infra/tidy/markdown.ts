/** What a Markdown file consists of, as far as the tests of documents look. */
export interface MarkdownFile {
  /** Levels of the headings, in order: 1 for `#`. */
  readonly headingLevels: readonly number[];
  /** Names that a link can point at inside the file, as GitHub makes them from headings. */
  readonly anchors: ReadonlySet<string>;
  /** Fenced blocks with their first line, and the comment that marks a block on the line before. */
  readonly codeBlocks: readonly string[];
  /** What links point at, in order, code left out. */
  readonly links: readonly string[];
  /** Text in backticks outside of fenced blocks, in order. */
  readonly codeSpans: readonly string[];
  /** Tests that are named as `[any text](file.ts) "title of the test"`. */
  readonly namedTests: readonly { readonly file: string; readonly title: string }[];
}

const fencedBlock = /(?:^<!--.*-->\n)?^(`{3,})[^\n]*\n[\s\S]*?^\1[ \t]*$/gm;

/** Reads the parts of a Markdown file. */
export function readMarkdown(text: string): MarkdownFile {
  const prose = text.replaceAll(fencedBlock, "");
  const plain = prose.replaceAll(/`[^`\n]*`/g, "");
  const headings = [...prose.matchAll(/^(#{1,6}) +(.+)$/gm)].map(([, signs = "", title = ""]) => ({ level: signs.length, title }));
  return {
    headingLevels: headings.map(({ level }) => level),
    anchors: new Set(headings.map(({ title }) => anchorOf(title))),
    codeBlocks: [...text.matchAll(fencedBlock)].map(([block]) => block),
    links: [...plain.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target),
    codeSpans: [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span),
    namedTests: [...prose.matchAll(/\]\(([^)\s]+\.(?:ts|go))\) "([^"]+)"/g)].map(([, file = "", title = ""]) => ({ file, title })),
  };
}

/** The npm scripts that a text tells its reader to run: `npm start`, `npm run sale`. */
export function namedScripts(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].map(([, script, short]) => script ?? short ?? ""));
}

/** Lower case, letters, digits, hyphens and underscores only, blanks as hyphens. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}
