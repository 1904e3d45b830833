import type { JetStreamManager, StreamConfig } from "@nats-io/jetstream";
import { DiscardPolicy, RetentionPolicy, JetStreamApiCodes, JetStreamApiError, StorageType } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { subjectMatches } from "./subjects.ts";

/** A JetStream stream: kept on file, oldest events dropped where a limit is reached (the outbox can replay them). */
export interface StreamDefinition {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  /** A second publication of the same event id within this window is dropped. */
  readonly duplicateWindowMs: number;
}

const DAY_MS = 86_400_000;
const GIBIBYTE = 1024 ** 3;

/** Every stream of the platform. */
export const STREAMS: readonly StreamDefinition[] = [
  { name: "ORDERS", subjects: ["flashdeal.order.v1.>"], maxAgeMs: 7 * DAY_MS, maxBytes: 2 * GIBIBYTE, duplicateWindowMs: 120_000 },
  { name: "PRODUCT", subjects: ["flashdeal.product.v1.>"], maxAgeMs: 7 * DAY_MS, maxBytes: 2 * GIBIBYTE, duplicateWindowMs: 120_000 },
  { name: "DEAD_LETTERS", subjects: ["flashdeal.deadletter.>"], maxAgeMs: 30 * DAY_MS, maxBytes: GIBIBYTE / 4, duplicateWindowMs: 120_000 },
];

/** The stream that has all of these subjects. Throws where there is none. */
export function streamOf(streams: readonly StreamDefinition[], subjects: readonly string[]): StreamDefinition {
  const stream = streams.find((candidate) => subjects.every((subject) => candidate.subjects.some((pattern) => subjectMatches(pattern, subject))));
  if (stream === undefined) {
    throw new Error(`no stream has all of the subjects ${subjects.join(", ")}`);
  }
  return stream;
}

/** Creates the streams that are missing and brings the others to their definition. Safe for several processes at once. */
export async function ensureStreams(manager: JetStreamManager, streams: readonly StreamDefinition[], replicas: number): Promise<void> {
  for (const stream of streams) {
    const wanted = {
      subjects: [...stream.subjects],
      max_age: nanos(stream.maxAgeMs),
      max_bytes: stream.maxBytes,
      duplicate_window: nanos(stream.duplicateWindowMs),
      num_replicas: replicas,
    };
    const present = await configOf(manager, stream.name);
    if (present === undefined) {
      const fixed = { name: stream.name, storage: StorageType.File, retention: RetentionPolicy.Limits, discard: DiscardPolicy.Old };
      await manager.streams.add({ ...fixed, ...wanted });
    } else if (Object.entries(wanted).some(([key, value]) => JSON.stringify(Reflect.get(present, key)) !== JSON.stringify(value))) {
      await manager.streams.update(stream.name, wanted);
    }
  }
}

async function configOf(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) {
      return undefined;
    }
    throw error;
  }
}
