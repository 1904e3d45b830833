// The load generator: reads jobs from its parent, one at a time, and answers what each came to.
import { randomUUID } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { CreateOrderRequestSchema } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { openHttpConnection } from "./http-connection.ts";
import { createHeaderBlocks, type Field } from "./header-block.ts";
import type { JobResult, LoadJob } from "./job.ts";
import { closedLoop, openLoop, type StartCall } from "./load.ts";
import { openWireConnection } from "./wire-connection.ts";

const paths: Readonly<Record<Exclude<LoadJob["call"], "http-order">, string>> = { "create-order": "/flashdeal.order.v1.OrderService/CreateOrder", health: "/grpc.health.v1.Health/Check" };
const requestIdLength = 36;

interface Client {
  readonly start: StartCall;
  close(): void;
}

async function run(job: LoadJob): Promise<JobResult> {
  const client = job.call === "http-order" ? await openHttp(job) : await openGrpc(job, job.call);
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  const result = job.concurrency === undefined ? await openLoop(client.start, job.perSecond ?? 0, job.durationMs) : await closedLoop(client.start, job.concurrency, job.durationMs, job.maxCalls);
  const { user, system } = process.cpuUsage(cpu);
  const generatorCores = (user + system) / 1_000 / (performance.now() - beganMs);
  client.close();
  return { ...result, generatorCores };
}

/** A connection per caller, as HTTP/1.1 needs it. */
async function openHttp(job: LoadJob): Promise<Client> {
  const connections = await Promise.all(Array.from({ length: job.connections }, () => openHttpConnection(job.port)));
  const run = randomUUID();
  let turn = 0;
  return {
    start(onEnd) {
      const index = turn++;
      const body = JSON.stringify({ userId: job.users[index % job.users.length], itemId: job.dealIds[index % job.dealIds.length], quantity: 1 });
      connections[index % connections.length]?.post("/orders", `${run}-${index}`, body, onEnd);
    },
    close: () => connections.forEach((connection) => connection.close()),
  };
}

async function openGrpc(job: LoadJob, call: keyof typeof paths): Promise<Client> {
  const shared: readonly Field[] = [
    [":path", paths[call]],
    [":authority", `127.0.0.1:${job.port}`],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ["authorization", `Bearer ${job.token}`],
    ["x-flashdeal-user-role", "customer"],
  ];
  const connections = await Promise.all(Array.from({ length: job.connections }, () => openWireConnection(job.port, createHeaderBlocks(shared))));
  const users = job.users.map((userId): readonly Field[] => [["x-flashdeal-user-id", userId]]);
  const messageOf = call === "health" ? () => Buffer.alloc(0) : orderMessages(job.dealIds);
  let turn = 0;
  return {
    start(onEnd) {
      const index = turn++;
      connections[index % connections.length]?.call(users[index % users.length] ?? [], messageOf(index), onEnd);
    },
    close: () => connections.forEach((connection) => connection.close()),
  };
}

/** Encoded once per deal; each call gets a request id of its own written into a copy. */
function orderMessages(dealIds: readonly string[]): (index: number) => Buffer {
  const run = randomUUID().slice(0, 23);
  const placeholder = "#".repeat(requestIdLength);
  const templates = dealIds.map((dealId) => {
    const bytes = Buffer.from(toBinary(CreateOrderRequestSchema, create(CreateOrderRequestSchema, { lines: [{ dealId, quantity: 1n }], requestId: placeholder })));
    return { bytes, at: bytes.indexOf(placeholder) };
  });
  return (index) => {
    const template = templates[index % templates.length];
    if (template === undefined) throw new Error("no deals to order");
    const message = Buffer.from(template.bytes);
    message.write(`${run}-${index.toString(16).padStart(12, "0")}`, template.at, "latin1");
    return message;
  };
}

process.on("message", (job: LoadJob) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
