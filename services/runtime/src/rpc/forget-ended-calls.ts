import { Http2SubchannelConnector } from "@grpc/grpc-js/build/src/transport.js";
import { IntrusiveSet } from "../memory/intrusive-set.ts";

/**
 * Lets go of a client's calls when they end. grpc-js keeps the open calls of a connection in a `Set`; its garbage keeps most of the ended ones, with their messages, alive to the next full
 * collection (see keep-garbage-young.ts). In connections that are made from now on that set is replaced. grpc-js offers no place for it, so its connector, which it
 * does not export, is wrapped: where a version keeps the calls of a connection elsewhere, nothing is changed, and nothing but speed is lost.
 */
export function forgetEndedCalls(): void {
  if (isForgetting) return;
  isForgetting = true;
  const { prototype } = Http2SubchannelConnector;
  const { connect } = prototype;
  prototype.connect = async function (...args) {
    const transport = await connect.apply(this, args);
    const calls: unknown = Reflect.get(transport, "activeCalls");
    if (calls instanceof Set && calls.size === 0) Reflect.set(transport, "activeCalls", new IntrusiveSet());
    return transport;
  };
}

let isForgetting = false;
