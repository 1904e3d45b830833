import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";

/** Sends a request with its path exactly as given, which `fetch` would normalize, and resolves with the answer's head. */
export function openRequest(
  port: number,
  method: string,
  path: string,
  options: { headers?: Record<string, string>; body?: string | Uint8Array; signal?: AbortSignal } = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { headers = {}, body, signal } = options;
    const request = httpRequest({ port, method, path, headers, ...(signal ? { signal } : {}) }, resolve);
    request.on("error", reject);
    request.end(body);
  });
}

/** Reads an answer to its end. */
export async function readText(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += String(chunk);
  }
  return text;
}
