import { isDeepStrictEqual } from "node:util";
import { isMessage } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { reasonMetadataOf, reasonOf, retryAfterMsOf, violationsOf } from "@flashdeal/runtime/errors";
import type { Sample } from "./services.ts";

/** A sample that the two sides answered differently. */
export interface Difference {
  readonly sample: string;
  readonly answers: readonly [unknown, unknown];
}

/** Puts each sample to both sides and answers where they differ: in data, code, reason, metadata, fields or words. */
export async function differentAnswers(samples: readonly Sample[], [first, second]: readonly [Transport, Transport]): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (const sample of samples) {
    const answers = [await outcomeOf(sample, first), await outcomeOf(sample, second)] as const;
    if (!isDeepStrictEqual(answers[0], answers[1])) differences.push({ sample: sample.name, answers });
  }
  return differences;
}

async function outcomeOf(sample: Sample, transport: Transport): Promise<unknown> {
  try {
    const answer = await sample.call(transport);
    return isMessage(answer) ? { ...answer } : answer;
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    const violations = violationsOf(error).map(({ field, description }) => ({ field, description }));
    return { code: Code[code], message: rawMessage, reason: reasonOf(error), metadata: { ...reasonMetadataOf(error) }, violations, retryAfterMs: retryAfterMsOf(error) };
  }
}
