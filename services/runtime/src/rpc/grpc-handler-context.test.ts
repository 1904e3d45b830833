import { EventEmitter } from "node:events";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { Metadata } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { callCancelled } from "./call-deadline.ts";
import { GrpcHandlerContext, type GrpcCall } from "./grpc-handler-context.ts";

test("call signal - tells every listener that is left, once", () => {
  const call = Object.assign(new EventEmitter(), { metadata: new Metadata(), cancelled: false, getDeadline: () => Infinity });
  const context = new GrpcHandlerContext(OrderService.method.createOrder, call as unknown as GrpcCall, () => {});
  const { callSignal } = context;
  const told: string[] = [];
  const [first, second, third] = ["first", "second", "third"].map((name) => () => void told.push(name)) as [() => void, () => void, () => void];
  // A listener that was the only one and has gone, then three of which one goes.
  callSignal.addEventListener("abort", first);
  callSignal.removeEventListener("abort", second);
  callSignal.removeEventListener("abort", first);
  for (const listener of [third, first, second]) callSignal.addEventListener("abort", listener);
  callSignal.removeEventListener("abort", first);
  call.emit("cancelled");
  expect([told, callSignal.aborted, callSignal.reason]).toEqual([["third", "second"], true, callCancelled()]);
  call.emit("cancelled");
  expect(told).toHaveLength(2);
});

test("call signal - whose only listener has gone tells nobody", () => {
  const call = Object.assign(new EventEmitter(), { metadata: new Metadata(), cancelled: false, getDeadline: () => Infinity });
  const { callSignal } = new GrpcHandlerContext(OrderService.method.createOrder, call as unknown as GrpcCall, () => {});
  let told = 0;
  const listener = () => void told++;
  callSignal.addEventListener("abort", listener);
  callSignal.removeEventListener("abort", listener);
  call.emit("cancelled");
  expect([told, callSignal.aborted]).toEqual([0, true]);
});
