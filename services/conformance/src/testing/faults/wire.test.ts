import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createWire, type Wire } from "./wire.ts";

/** Says back what it hears. */
const server = createServer((socket) => {
  socket.on("error", () => undefined);
  socket.pipe(socket);
});
let wire: Wire;
let client: Socket;
let heard = "";

beforeEach(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  wire = await createWire("test", { host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  heard = "";
  client = connect(wire.port, "127.0.0.1");
  client.setNoDelay(true);
  client.on("error", () => undefined);
  client.on("data", (chunk) => (heard += chunk.toString()));
  await once(client, "connect");
});
afterEach(async () => {
  client.destroy();
  await wire.close();
  await new Promise((resolve) => void server.close(resolve));
});

it("wire - what is slow arrives late, and nothing overtakes it when it is healed", async () => {
  wire.slowDown(100);
  const beganMs = performance.now();
  client.write("a");
  await expect.poll(() => heard, { interval: 5 }).toBe("a");
  expect(performance.now() - beganMs).toBeGreaterThan(190);
  client.write("b");
  await new Promise((resolve) => void setTimeout(resolve, 20));
  wire.heal();
  client.write("c");
  await expect.poll(() => heard).toBe("abc");
});

it("wire - a watched moment is held back with all that follows, and lost when it is healed", async () => {
  const came = wire.watch(({ direction, chunk }) => direction === "request" && chunk.includes("now"));
  client.write("before");
  await expect.poll(() => heard).toBe("before");
  client.write("now");
  expect(await came).toBe(true);
  client.write("after");
  const closed = new Promise((resolve) => client.once("close", resolve));
  wire.heal();
  await closed;
  expect(heard).toBe("before");
});

it("wire - a moment that never came resolves false, and harms nothing", async () => {
  const came = wire.watch(() => false);
  wire.heal();
  expect(await came).toBe(false);
  client.write("still here");
  await expect.poll(() => heard).toBe("still here");
});

it("wire - a cut ends connections, and new ones get through", async () => {
  const closed = new Promise((resolve) => client.once("close", resolve));
  wire.cut();
  await closed;
  client = connect(wire.port, "127.0.0.1");
  client.on("data", (chunk) => (heard += chunk.toString()));
  client.write("again");
  await expect.poll(() => heard).toBe("again");
});
