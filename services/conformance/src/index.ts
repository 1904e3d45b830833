/** Behaviour cases for any implementation of the contract, as data, and what runs them. */
export { cases } from "./cases/index.ts";
export { skipReason, type ConformanceCase, type Need } from "./conformance-case.ts";
export { runCases, type CaseResult } from "./run-cases.ts";
export { createWorld, type SharedWorld } from "./world/create-world.ts";
export type { Buyer, Platform, World } from "./world/world.ts";
export { createGrpcCaller, type GrpcCallerOptions } from "./caller/grpc-caller.ts";
export { createRestCaller } from "./caller/rest-caller.ts";
export type { Caller, CallOptions, Protocol, StreamOptions } from "./caller/caller.ts";
export { CallFailure, describeFailure, type Failure, type Outcome } from "./caller/outcome.ts";
