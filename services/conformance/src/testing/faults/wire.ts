import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Towards the server, or from it. */
export type Direction = "request" | "answer";

/** What passes on a wire. */
export interface Passing {
  readonly direction: Direction;
  readonly chunk: Buffer;
  /** Tells the connections of one wire apart. */
  readonly connection: number;
}

/** Told of all that passes, in order; true at the moment that it waits for. */
export type Watcher = (passing: Passing) => boolean;

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
   * Waits for the moment; the chunk and all that follows on the wire is held back. Resolves true at that moment, false where `heal` came
   * first. One watcher at a time.
   */
  watch(watcher: Watcher): Promise<boolean>;
  close(): Promise<void>;
}

/** Listens on a free port and forwards to the target. */
export async function createWire(name: string, target: { readonly host: string; readonly port: number }): Promise<Wire> {
  const sockets = new Set<Socket>();
  let delayMs = 0;
  let silent = false;
  let connections = 0;
  let waiting: { readonly sees: Watcher; readonly done: (seen: boolean) => void } | undefined;

  const end = (seen: boolean): void => {
    waiting?.done(seen);
    waiting = undefined;
  };
  const forward = (from: Socket, to: Socket, direction: Direction, connection: number): void => {
    const slowed: Buffer[] = [];
    const pass = (): void => {
      const chunk = slowed.shift();
      if (chunk !== undefined && !silent && to.writable) to.write(chunk);
    };
    from.on("data", (chunk: Buffer) => {
      if (!silent && waiting?.sees({ direction, chunk, connection }) === true) {
        silent = true;
        end(true);
      }
      if (silent) return;
      slowed.push(chunk);
      // Nothing overtakes what is still slow, also after it has been healed.
      if (delayMs === 0 && slowed.length === 1) pass();
      else setTimeout(pass, delayMs);
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
    const connection = connections++;
    forward(client, upstream, "request", connection);
    forward(upstream, client, "answer", connection);
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
      end(false);
      if (broken) cut();
    },
    watch(sees) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      waiting = { sees, done: resolve };
      return promise;
    },
    async close() {
      end(false);
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
