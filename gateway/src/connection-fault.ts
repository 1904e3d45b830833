import type { Socket } from "node:net";
import { STATUS_CODES } from "node:http";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import { v7 as uuidv7 } from "uuid";
import { renderProblem } from "./errors.ts";

/** What node's HTTP parser gives up a connection for. */
interface ConnectionFault extends Error {
  readonly code?: string;
}

/**
 * Answers bytes that are no HTTP request, before there is a request to hand on: a problem document as for every other fault. The
 * connection ends, since nobody can tell where the next request begins.
 */
export function answerConnectionFault(fault: ConnectionFault, socket: Socket): void {
  if (fault.code !== "ECONNRESET" && socket.writable) {
    const { status, detail } = describe(fault.code);
    const requestId = uuidv7();
    const { headers, body } = renderProblem(reasonError(ErrorReason.MALFORMED_REQUEST, detail), requestId, {}, status);
    const lines = Object.entries({ ...headers, "x-request-id": requestId, "content-length": String(Buffer.byteLength(body)), connection: "close" });
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`);
  }
  socket.destroy();
}

function describe(code: string | undefined): { readonly status: number; readonly detail: string } {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: 408, detail: "The request did not arrive in time." };
    case "HPE_HEADER_OVERFLOW":
      return { status: 431, detail: "The request line and the headers are too large." };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return { status: 413, detail: "The extensions of a chunk are too large." };
    default:
      return { status: 400, detail: "This is not a readable HTTP request." };
  }
}
