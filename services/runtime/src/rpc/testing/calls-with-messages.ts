// Unary calls over gRPC with a message of 5 KB and a header of its own each way; server and client are processes of their own. Both collect their young generation again and again while calls are open, and
// print how many bytes of heap, of buffers and of texts outside of the heap are left per ended call: the median of five waves.
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createClient } from "@connectrpc/connect";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { keepGarbageYoung } from "../../memory/keep-garbage-young.ts";
import { createGrpcServer } from "../grpc-server.ts";
import { createGrpcTransport } from "../grpc-transport.ts";
import { serviceRoutes } from "../service-routes.ts";

const waves = 5;
const callsOfWave = 600;
const callers = 3;
const callsBetweenCollections = 40;
const vendorItemId = "v".repeat(5_000);

interface Bytes {
  readonly heap: number;
  readonly buffers: number;
  /** What V8 counts besides both: of strings whose text is elsewhere. */
  readonly texts: number;
}

let calls = 0;

/** After so many calls, of which some are open still. */
function countCall(): void {
  if (++calls % callsBetweenCollections === 0) collect("minor");
}

function collect(type: "minor" | "major"): void {
  void globalThis.gc?.({ type });
}

/** What is there when the young generation was collected. Whatever was made before has left it then. */
function measure(): Bytes {
  for (let count = 0; count < 4; count++) collect("minor");
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers, texts: external - arrayBuffers };
}

function leftPerCall(before: readonly Bytes[], after: readonly Bytes[]): Bytes {
  const of = (kind: keyof Bytes): number => {
    const each = after.map((bytes, wave) => (bytes[kind] - (before[wave]?.[kind] ?? 0)) / callsOfWave).toSorted((a, b) => a - b);
    return Math.round(each[each.length >> 1] ?? 0);
  };
  return { heap: of("heap"), buffers: of("buffers"), texts: of("texts") };
}

keepGarbageYoung();
if (process.argv[2] === "server") await serve();
else await call();

async function serve(): Promise<void> {
  const routes = serviceRoutes(StockQueryService, {
    getStock(request, { responseHeader }) {
      countCall();
      responseHeader.set("x-answer", randomUUID());
      return { stock: { vendorItemId: request.vendorItemId } };
    },
  });
  const server = createGrpcServer({ host: "127.0.0.1", port: 0, routes: [routes] });
  process.send?.(await server.start());
  process.on("message", (message) => {
    if (message === "collect") collect("major");
    process.send?.(measure());
  });
  process.once("disconnect", () => void server.close());
}

async function call(): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), ["server"]);
  const [{ port }] = (await once(server, "message")) as [{ readonly port: number }];
  const ask = async (what: "collect" | "measure"): Promise<Bytes> => {
    server.send(what);
    return ((await once(server, "message")) as [Bytes])[0];
  };
  const transport = createGrpcTransport({ address: `127.0.0.1:${port}` });
  const client = createClient(StockQueryService, transport);
  let answered = 0;
  const wave = async (count: number): Promise<void> => {
    let left = count;
    const caller = async (): Promise<void> => {
      while (left-- > 0) {
        const { stock } = await client.getStock({ vendorItemId, fulfillmentCenterId: "f" }, { headers: { "x-call": randomUUID() } });
        if (stock?.vendorItemId === vendorItemId) answered++;
        countCall();
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
  };
  await wave(callsOfWave);
  const own: Record<"before" | "after", Bytes[]> = { before: [], after: [] };
  const servers: typeof own = { before: [], after: [] };
  for (let count = 0; count < waves; count++) {
    collect("major");
    await ask("collect");
    await wave(callsOfWave / 10);
    servers.before.push(await ask("measure"));
    own.before.push(measure());
    await wave(callsOfWave);
    servers.after.push(await ask("measure"));
    own.after.push(measure());
  }
  transport.close();
  server.disconnect();
  process.stdout.write(JSON.stringify({ answered, client: leftPerCall(own.before, own.after), server: leftPerCall(servers.before, servers.after) }));
}
