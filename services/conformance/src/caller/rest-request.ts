import { create, getOption, hasOption, toJson, type DescMessage, type DescMethod, type JsonObject, type JsonValue, type MessageInitShape } from "@bufbuild/protobuf";
import { http } from "@flashdeal/proto/google/api/annotations_pb";

/** A REST request, made of an rpc's request message by the method's `google.api.http` rule. */
export interface RestRequest {
  readonly httpMethod: string;
  /** With the query string. */
  readonly path: string;
  /** JSON; undefined where the rule has no body. */
  readonly body: string | undefined;
}

/** Whether REST clients can call the method. */
export function hasRestRoute(method: DescMethod): boolean {
  return hasOption(method, http);
}

/** The field of the response that is the whole REST answer, by its JSON name; undefined: the message itself. */
export function responseBodyOf(method: DescMethod): string | undefined {
  const name = getOption(method, http).responseBody;
  return method.output.fields.find((field) => field.name === name)?.jsonName;
}

/** The part of the request that is the REST body: a field's name, `*` for all that the path leaves over, empty for none. */
export function restBodyOf(method: DescMethod): string {
  return getOption(method, http).body;
}

/** The HTTP method and the path template of the rule: `POST`, `/v1/orders/{order_id}:pay`. */
export function restRuleOf(method: DescMethod): { readonly httpMethod: string; readonly template: string } {
  const { pattern } = getOption(method, http);
  if (pattern.case === undefined || pattern.case === "custom") throw new Error(`${method.name} has no plain HTTP rule`);
  return { httpMethod: pattern.case.toUpperCase(), template: pattern.value };
}

/** Path fields go into the path, the body field into the body, everything else into the query. */
export function toRestRequest<Desc extends DescMessage>(method: DescMethod & { readonly input: Desc }, init: MessageInitShape<Desc>): RestRequest {
  const { httpMethod, template } = restRuleOf(method);
  const rest = toJson(method.input, create(method.input, init)) as JsonObject;
  // The key travels in its header.
  delete rest["requestId"];
  const path = template.replace(/\{([\w.]+)\}/g, (_, name: string) => encodeURIComponent(takeField(rest, jsonPath(method.input, name))));
  const body = restBodyOf(method);
  if (body === "*") return { httpMethod, path, body: JSON.stringify(rest) };
  const bodyName = method.input.fields.find(({ name }) => name === body)?.jsonName;
  const bodyValue = bodyName === undefined ? undefined : (rest[bodyName] ?? {});
  if (bodyName !== undefined) delete rest[bodyName];
  const query = new URLSearchParams(Object.entries(rest).flatMap(([name, value]) => queryEntries(name, value))).toString();
  return { httpMethod, path: query === "" ? path : `${path}?${query}`, body: bodyValue === undefined ? undefined : JSON.stringify(bodyValue) };
}

function jsonPath(desc: DescMessage, path: string): readonly string[] {
  let current: DescMessage | undefined = desc;
  return path.split(".").map((name) => {
    const field = current?.fields.find((candidate) => candidate.name === name);
    if (field === undefined) throw new Error(`${desc.typeName} has no field ${path}`);
    current = field.message;
    return field.jsonName;
  });
}

function takeField(json: JsonObject, [name = "", ...deeper]: readonly string[]): string {
  const value = json[name];
  if (deeper.length > 0) return typeof value === "object" && value !== null ? takeField(value as JsonObject, deeper) : "";
  delete json[name];
  return value === undefined ? "" : String(value);
}

function queryEntries(name: string, value: JsonValue): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((item) => queryEntries(name, item));
  if (typeof value === "object" && value !== null) return Object.entries(value).flatMap(([inner, item]) => queryEntries(`${name}.${inner}`, item));
  return [[name, String(value)]];
}
