import { once } from "node:events";
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below what systems give to outgoing connections (Linux from 32,768, others from 49,152): a port from up there, which
 * `listen(0)` would answer, may belong to some client by the time that its server starts.
 */
const FIRST_PORT = 12_000;
const LAST_PORT = 32_000;
/** Each process has a stretch of its own, one of 200, and takes its ports in turn: between answer and use a port belongs to nobody. */
const STRETCH = 100;

const firstOfStretch = FIRST_PORT + STRETCH * randomInt((LAST_PORT - FIRST_PORT) / STRETCH);
let taken = randomInt(STRETCH);

/** A TCP port of 127.0.0.1 that nobody listens on just now, that no outgoing connection will take, and that was not answered lately. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < STRETCH; attempt++) {
    const port = firstOfStretch + (taken++ % STRETCH);
    if (await isFree(port)) {
      return port;
    }
  }
  throw new Error(`no free TCP port of 127.0.0.1 found from ${firstOfStretch} to ${firstOfStretch + STRETCH - 1}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    const listening = once(server, "listening");
    server.listen(port, "127.0.0.1");
    await listening;
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
