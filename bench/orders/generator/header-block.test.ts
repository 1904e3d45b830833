import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHeaderBlocks } from "./header-block.ts";
import { openWireConnection } from "./wire-connection.ts";

const server = createServer();
const received: IncomingHttpHeaders[] = [];

beforeAll(async () => {
  server.on("stream", (stream, headers) => {
    received.push(headers);
    stream.respond({ ":status": 200 });
    stream.end(Buffer.alloc(5));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(() => server.close());

test("header blocks - are read by Node as what was meant, from the first call and from later ones", async () => {
  const shared = { ":path": "/a.B/C", ":authority": "here:1", "content-type": "application/grpc", te: "trailers", authorization: `Bearer ${"x".repeat(300)}` };
  const connection = await openWireConnection((server.address() as AddressInfo).port, createHeaderBlocks(Object.entries(shared)));
  for (const own of ["first", "second", "third"]) {
    await new Promise((resolve) => connection.call([["x-own", own]], Buffer.alloc(0), resolve));
    expect(received.at(-1)).toMatchObject({ ":method": "POST", ":scheme": "http", ...shared, "x-own": own });
  }
  connection.close();
});
