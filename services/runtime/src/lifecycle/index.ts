/** How a process is put together, started, drained and stopped. */
export { systemClock, upstreamNames, type Adapters, type Background, type Clock, type Composed, type UpstreamName } from "./composition.ts";
