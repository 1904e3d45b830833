import { once } from "node:events";
import { connect } from "node:net";

/** An HTTP/1.1 client that does as little as a client can: one request at a time on a connection that stays open. */
export interface HttpConnection {
  /** Sends a request, when those before it are answered; `onEnd` is told whether it was answered with 201. */
  post(path: string, key: string, body: string, onEnd: (answered: boolean) => void): void;
  close(): void;
}

/** Connects. */
export async function openHttpConnection(port: number): Promise<HttpConnection> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  const waiting: { readonly text: string; readonly onEnd: (answered: boolean) => void }[] = [];
  let busy = false;
  let rest = "";

  const sendNext = (): void => {
    const [next] = waiting;
    busy = next !== undefined;
    if (next !== undefined) socket.write(next.text);
  };
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    rest += chunk;
    for (;;) {
      const end = rest.indexOf("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(rest.slice(0, Math.max(0, end)))?.[1]);
      if (end < 0 || Number.isNaN(length) || rest.length < end + 4 + length) return;
      const answered = rest.startsWith("HTTP/1.1 201");
      rest = rest.slice(end + 4 + length);
      const done = waiting.shift();
      sendNext();
      done?.onEnd(answered);
    }
  });
  const fail = (): void => waiting.splice(0).forEach(({ onEnd }) => onEnd(false));
  socket.on("error", fail);
  socket.on("close", fail);
  return {
    post(path, key, body, onEnd) {
      const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nidempotency-key: ${key}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
      waiting.push({ text: head + body, onEnd });
      if (!busy) sendNext();
    },
    close: () => socket.destroy(),
  };
}
