import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Towards the server, or from it. */
export type Direction = "request" | "answer";

/** A TCP connection between two processes that can be cut, slowed down, silenced, and watched. */
export interface Wire {
  readonly name: string;
  readonly port: number;
  /** Ends every connection. New ones get through. */
  cut(): void;
  /** Everything takes this much longer, in milliseconds. */
  slowDown(ms: number): void;
  /** Nothing gets through any more, and nobody is told. */
  silence(): void;
  /** As new. What was held back is lost with its connection. */
  heal(): void;
  /**
   * Waits for a chunk that `matches`; it and all that follows on the wire is held back. Resolves at that moment. One watcher at a time;
   * `heal` ends it.
   */
  watch(direction: Direction, matches: (chunk: Buffer) => boolean): Promise<void>;
  close(): Promise<void>;
}

/** Listens on a free port and forwards to the target. */
export async function createWire(name: string, target: { readonly host: string; readonly port: number }): Promise<Wire> {
  const sockets = new Set<Socket>();
  let delayMs = 0;
  let silent = false;
  let watcher: { readonly direction: Direction; readonly matches: (chunk: Buffer) => boolean; readonly seen: () => void } | undefined;

  const forward = (from: Socket, to: Socket, direction: Direction): void => {
    from.on("data", (chunk: Buffer) => {
      if (watcher?.direction === direction && watcher.matches(chunk)) {
        silent = true;
        watcher.seen();
        watcher = undefined;
      }
      if (silent) return;
      if (delayMs === 0) to.write(chunk);
      else setTimeout(() => !silent && to.writable && to.write(chunk), delayMs);
    });
    from.on("close", () => to.destroy());
    from.on("error", () => to.destroy());
  };
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    }
    forward(client, upstream, "request");
    forward(upstream, client, "answer");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    name,
    port: (server.address() as AddressInfo).port,
    cut,
    slowDown: (ms) => void (delayMs = ms),
    silence: () => void (silent = true),
    heal() {
      const broken = silent;
      silent = false;
      delayMs = 0;
      watcher?.seen();
      watcher = undefined;
      if (broken) cut();
    },
    watch(direction, matches) {
      const { promise, resolve } = Promise.withResolvers<void>();
      watcher = { direction, matches, seen: resolve };
      return promise;
    },
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
