import { describe, expect, it } from "vitest";
import { parseEvents, type ParsedEvent } from "./server-sent-events.ts";

async function parse(...chunks: readonly string[]): Promise<ParsedEvent[]> {
  const body = (async function* () {
    for (const chunk of chunks) yield new TextEncoder().encode(chunk);
  })();
  const events: ParsedEvent[] = [];
  for await (const event of parseEvents(body)) events.push(event);
  return events;
}

describe("server-sent events - parsed", () => {
  it("comments and events without data are passed over", async () => {
    expect(await parse(": open\n\n", "event: end\n\n", "id: 1\ndata: {}\n\n")).toEqual([{ name: "message", data: "{}" }]);
  });

  it("events may be cut anywhere", async () => {
    const text = "event: error\ndata: a\ndata: b\n\ndata: c\n\n";
    for (let cut = 1; cut < text.length; cut++) {
      expect(await parse(text.slice(0, cut), text.slice(cut))).toEqual([
        { name: "error", data: "a\nb" },
        { name: "message", data: "c" },
      ]);
    }
  });
});
