/** One event of an event stream. */
export interface ParsedEvent {
  /** `message` where the stream names none. */
  readonly name: string;
  readonly data: string;
}

/** Reads `text/event-stream` as the HTML standard says; comments and events without data are passed over. */
export async function* parseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ParsedEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const event = parseEvent(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (event !== undefined) yield event;
    }
  }
}

function parseEvent(block: string): ParsedEvent | undefined {
  const data: string[] = [];
  let name = "message";
  for (const line of block.split("\n")) {
    const [, field = "", value = ""] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
    if (field === "event") name = value;
    if (field === "data") data.push(value);
  }
  return data.length === 0 ? undefined : { name, data: data.join("\n") };
}
