// The load generator: reads jobs from its parent, one at a time, and answers what each came to.
import { randomUUID } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { CreateOrderRequestSchema } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { createHeaderBlocks, type Field } from "./header-block.ts";
import type { JobResult, LoadJob } from "./job.ts";
import { closedLoop, openLoop, type StartCall } from "./load.ts";
import { openWireConnection } from "./wire-connection.ts";

const paths = { "create-order": "/flashdeal.order.v1.OrderService/CreateOrder", health: "/grpc.health.v1.Health/Check" };
const requestIdLength = 36;

async function run(job: LoadJob): Promise<JobResult> {
  const shared: readonly Field[] = [
    [":path", paths[job.call]],
    [":authority", `127.0.0.1:${job.port}`],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ["authorization", `Bearer ${job.token}`],
    ["x-flashdeal-user-role", "customer"],
  ];
  const connections = await Promise.all(Array.from({ length: job.connections }, () => openWireConnection(job.port, createHeaderBlocks(shared))));
  const users = job.users.map((userId): readonly Field[] => [["x-flashdeal-user-id", userId]]);
  const messageOf = job.call === "health" ? () => Buffer.alloc(0) : orderMessages(job.dealIds);
  let turn = 0;
  const start: StartCall = (onEnd) => {
    const index = turn++;
    connections[index % connections.length]?.call(users[index % users.length] ?? [], messageOf(index), onEnd);
  };
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  const result = job.concurrency === undefined ? await openLoop(start, job.perSecond ?? 0, job.durationMs) : await closedLoop(start, job.concurrency, job.durationMs);
  const { user, system } = process.cpuUsage(cpu);
  const generatorCores = (user + system) / 1_000 / (performance.now() - beganMs);
  for (const connection of connections) connection.close();
  return { ...result, generatorCores };
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
