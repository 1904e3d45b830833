/** The event bus port, its two adapters, and the streams. */
export * from "./event-bus.ts";
export { type JetStreamBusOptions, createJetStreamBus } from "./jetstream-bus.ts";
export { type LocalBusOptions, createLocalBus } from "./local-bus.ts";
export { STREAMS, type StreamDefinition } from "./streams.ts";
export { subjectMatches } from "./subjects.ts";
