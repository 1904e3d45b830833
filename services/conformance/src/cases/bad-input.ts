import assert from "node:assert/strict";
import { getOption, type DescMethod, type Message } from "@bufbuild/protobuf";
import { Access, method as methodOption, RequestIdPolicy } from "@flashdeal/proto/flashdeal/options/v1/options_pb";
import { contractMethods } from "../caller/contract.ts";
import { hasRestRoute, restBodyOf, restRuleOf } from "../caller/rest-request.ts";
import type { Outcome } from "../caller/outcome.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { failureOffence, faultOffence } from "../world/expect.ts";
import type { World } from "../world/world.ts";
import { explicitMalformations } from "./explicit-malformations.ts";
import { malformationsOf, type Malformation } from "./malformations.ts";
import { accessOf, callAny, titleOf, tokenFor } from "./methods.ts";
import { footprint, newScene, samplesOf } from "./samples.ts";

/** Everything that the contract forbids in a request, for every method: the right reason, the right field, and no trace in the data. */
export const badInputCases: readonly ConformanceCase[] = contractMethods
  .filter((method) => method.input.fields.length > 0)
  .map((method) => ({
    name: `bad input - ${titleOf(method)} names what is wrong, and keeps nothing`,
    ...(hasRestRoute(method) ? {} : { protocols: ["grpc"] as const }),
    ...(accessOf(method) === Access.SERVICE ? { needs: ["internalTokenSecret"] as const } : {}),
    run: (world: World) => refusesMalformed(world, method),
  }));

async function refusesMalformed(world: World, method: DescMethod): Promise<void> {
  const scene = await newScene(world);
  const sample = samplesOf(scene).get(method);
  assert.ok(sample !== undefined, `${titleOf(method)} has no sample request`);
  const token = await tokenFor(world, scene, method);
  const before = await footprint(world, scene);
  const offences: string[] = [];
  const malformations = [...malformationsOf(method.input, sample), ...explicitMalformations(method, sample)];
  for (const malformation of malformations) {
    if (!isExpressible(world, method, malformation)) continue;
    const { key, request } = withKey(world, method, malformation.request);
    const outcome = await callAny(world, method, request, { ...(token === undefined ? {} : { token }), ...(key === undefined ? {} : { key }) });
    const offence = offenceOf(outcome, malformation);
    if (offence !== undefined) offences.push(`${malformation.label}: ${offence}`);
  }
  assert.deepEqual(offences, [], `${offences.length} of ${malformations.length} are not refused as they should be`);
  assert.deepEqual(await footprint(world, scene), before, "bad input left a trace");
}

function offenceOf(outcome: Outcome<unknown>, { field }: Malformation): string | undefined {
  if (outcome.ok) return "the call succeeded";
  // A method that the platform does not offer yet has nothing to check.
  if (outcome.reason === "NOT_IMPLEMENTED") return failureOffence(outcome, "NOT_IMPLEMENTED");
  // A malformed page token or request id has a reason of its own.
  if (field === "page_token" && outcome.reason === "PAGE_TOKEN_INVALID") return failureOffence(outcome, "PAGE_TOKEN_INVALID");
  const fault = faultOffence(outcome);
  if (fault !== undefined) return fault;
  const named = outcome.violations.some(({ field: at }) => at === field || at.startsWith(`${field}.`));
  return failureOffence(outcome, "INVALID_INPUT") ?? (named ? undefined : `no violation of ${field}: ${JSON.stringify(outcome.violations)}`);
}

/** Some things cannot be said in a URL or in JSON. */
function isExpressible({ caller }: World, method: DescMethod, { field, label, inJson = true }: Malformation): boolean {
  if (caller.protocol === "grpc") return true;
  const { template } = restRuleOf(method);
  const inPath = template.includes(`{${field}}`);
  const isBody = restBodyOf(method) === field;
  return inJson && !(inPath && label.endsWith("missing")) && !isBody;
}

/** Where the method takes a key, every call has its own, unless the key is what is malformed. */
function withKey(world: World, method: DescMethod, request: Message): { readonly key: string | undefined; readonly request: Message } {
  if (getOption(method, methodOption).requestId === RequestIdPolicy.UNSPECIFIED) return { key: undefined, request };
  const own = (request as unknown as { requestId?: string }).requestId ?? "";
  return { key: own === "" ? world.make.unique("key") : own, request };
}
