// A thousand unary calls over gRPC that wait in a queue; server and client are processes of their own. The server prints how many bytes of heap it keeps for each of them.
import { fork } from "node:child_process";
import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient } from "@connectrpc/connect";
import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { createGroupCommit } from "../../group-commit/index.ts";
import { createTraceInterceptor } from "../../telemetry/index.ts";
import { callSignalOf } from "../call-signal.ts";
import { createGrpcServer } from "../grpc-server.ts";
import { createGrpcTransport } from "../grpc-transport.ts";
import { serviceRoutes } from "../service-routes.ts";

const waitingCalls = 1_000;

if (process.argv[2] === "client") await call(Number(process.argv[3]));
else await serve();

async function serve(): Promise<void> {
  const gate = Promise.withResolvers<void>();
  const queue = createGroupCommit<string, string>({
    name: "waiting",
    maxBatchSize: waitingCalls,
    maxQueued: 2 * waitingCalls,
    run: async (items) => {
      await gate.promise;
      return items;
    },
    isItemFault: () => false,
  });
  const begun = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  let calls = 0;
  const routes = serviceRoutes(StockQueryService, {
    getStock({ vendorItemId }, context) {
      if (++calls === 1) begun.resolve();
      if (calls === 1 + waitingCalls) arrived.resolve();
      return queue.submit(vendorItemId, callSignalOf(context)).then((settled) => ({ stock: { vendorItemId: settled.kind } }));
    },
  });
  const server = createGrpcServer({ host: "127.0.0.1", port: 0, routes: [routes], interceptors: [createTraceInterceptor()] });
  const { port } = await server.start();
  const client = fork(fileURLToPath(import.meta.url), ["client", String(port)]);
  // One is in flight; the others wait behind it.
  await begun.promise;
  await nextTurn();
  const before = heapUsed();
  client.send("go on");
  await arrived.promise;
  await nextTurn();
  const keptBytes = Math.round((heapUsed() - before) / waitingCalls);
  gate.resolve();
  const [answered] = (await once(client, "message")) as [number];
  await server.close();
  process.stdout.write(JSON.stringify({ answered, keptBytes }));
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function call(port: number): Promise<void> {
  const transport = createGrpcTransport({ address: `127.0.0.1:${port}`, defaultTimeoutMs: 30_000 });
  const client = createClient(StockQueryService, transport);
  const ask = () => client.getStock({ vendorItemId: "item-1", fulfillmentCenterId: "f" });
  const first = ask();
  await once(process, "message");
  const answers = await Promise.all([first, ...Array.from({ length: waitingCalls }, ask)]);
  transport.close();
  process.send?.(answers.filter(({ stock }) => stock?.vendorItemId === "done").length);
  process.disconnect();
}
