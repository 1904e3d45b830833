import { ScalarType } from "@bufbuild/protobuf";
import type { DescEnum, DescField, DescMessage } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { constraintsOf } from "./constraints.ts";
import type { JsonSchema } from "./openapi-types.ts";

/** Turns descriptors into schemas, collecting the components that they refer to. */
export interface SchemaBuilder {
  /** A reference to a message's component, or the schema of a well-known type. */
  message(desc: DescMessage): JsonSchema;
  /** A message's schema in place, without some of its fields. */
  messageWithout(desc: DescMessage, omitted: ReadonlySet<DescField>): JsonSchema;
  /** A field's schema with its constraints and its description. */
  field(field: DescField): JsonSchema;
  /** All components so far, sorted by name: messages and enums by full proto name. */
  components(): Record<string, JsonSchema>;
}

const scalarSchema: Record<ScalarType, JsonSchema> = {
  [ScalarType.STRING]: { type: "string" },
  [ScalarType.BOOL]: { type: "boolean" },
  [ScalarType.BYTES]: { type: "string", format: "byte", contentEncoding: "base64" },
  [ScalarType.FLOAT]: { type: "number", format: "float" },
  [ScalarType.DOUBLE]: { type: "number", format: "double" },
  [ScalarType.INT32]: { type: "integer", format: "int32" },
  [ScalarType.SINT32]: { type: "integer", format: "int32" },
  [ScalarType.SFIXED32]: { type: "integer", format: "int32" },
  [ScalarType.UINT32]: { type: "integer", format: "int64", minimum: 0, maximum: 4_294_967_295 },
  [ScalarType.FIXED32]: { type: "integer", format: "int64", minimum: 0, maximum: 4_294_967_295 },
  [ScalarType.INT64]: { type: "string", format: "int64" },
  [ScalarType.SINT64]: { type: "string", format: "int64" },
  [ScalarType.SFIXED64]: { type: "string", format: "int64" },
  [ScalarType.UINT64]: { type: "string", format: "uint64" },
  [ScalarType.FIXED64]: { type: "string", format: "uint64" },
};

const wellKnownSchema: Readonly<Record<string, JsonSchema>> = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]+(\\.[0-9]{1,9})?s$", examples: ["1.5s"] },
  "google.protobuf.FieldMask": { type: "string", description: "Field paths in lowerCamelCase, separated by commas." },
  "google.protobuf.Struct": { type: "object", additionalProperties: true },
  "google.protobuf.Value": { description: "Any JSON value." },
  "google.protobuf.ListValue": { type: "array", items: {} },
  "google.protobuf.Any": {
    type: "object",
    description: 'A message of the type that "@type" names, with that message\'s fields.',
    properties: { "@type": { type: "string" } },
    required: ["@type"],
    additionalProperties: true,
  },
  "google.api.HttpBody": { type: "string", format: "binary" },
};

/** For messages whose contract comes without comments. */
const wellKnownText: Readonly<Record<string, string>> = {
  "google.type.Money": "An amount of money: whole `units` and `nanos` (10^-9 units, of the same sign) of the ISO 4217 `currencyCode`.",
  "google.type.Money.currency_code": "Three letters of ISO 4217.",
  "google.type.Money.units": "Whole units of the amount.",
  "google.type.Money.nanos": "From -999999999 to 999999999.",
  "google.rpc.Status": "Why an operation failed.",
  "google.rpc.Status.code": "Number of google.rpc.Code.",
  "google.rpc.Status.message": "For developers, in English.",
};

/** Creates a builder over the contract's comments, by full proto name as `extractComments` gives them. */
export function createSchemaBuilder(comments: ReadonlyMap<string, string>): SchemaBuilder {
  const found = new Map<string, JsonSchema>();
  const textOf = (name: string): string | undefined => comments.get(name) ?? wellKnownText[name];

  const refer = (desc: DescMessage | DescEnum): JsonSchema => {
    if (!found.has(desc.typeName)) {
      // Set before it is built, as messages may contain themselves.
      found.set(desc.typeName, {});
      found.set(desc.typeName, desc.kind === "enum" ? enumSchema(desc, textOf) : builder.messageWithout(desc, new Set()));
    }
    return { $ref: `#/components/schemas/${desc.typeName}` };
  };

  const value = (field: DescField): JsonSchema => {
    if (field.scalar !== undefined) {
      return scalarSchema[field.scalar];
    }
    if (field.enum !== undefined) {
      return field.enum.typeName === "google.protobuf.NullValue" ? { type: "null" } : refer(field.enum);
    }
    return field.message === undefined ? {} : builder.message(field.message);
  };

  const builder: SchemaBuilder = {
    message(desc) {
      const inner = isWrapperDesc(desc) ? desc.fields[0] : undefined;
      if (inner?.scalar !== undefined) {
        const schema = scalarSchema[inner.scalar];
        return { ...schema, type: [schema.type, "null"] };
      }
      return wellKnownSchema[desc.typeName] ?? refer(desc);
    },
    messageWithout(desc, omitted) {
      const fields = desc.fields.filter((field) => !omitted.has(field));
      const required = fields.filter((field) => constraintsOf(field).required).map((field) => field.jsonName);
      return compact({
        type: "object",
        description: sentences(textOf(desc.typeName), ...oneofNotes(desc, omitted)),
        deprecated: desc.deprecated || undefined,
        properties: Object.fromEntries(fields.map((field) => [field.jsonName, builder.field(field)])),
        required: required.length > 0 ? required : undefined,
      });
    },
    field(field) {
      const { keywords, itemKeywords, notes, readOnly, writeOnly } = constraintsOf(field);
      const shape =
        field.fieldKind === "list"
          ? { type: "array", items: { ...value(field), ...itemKeywords } }
          : field.fieldKind === "map"
            ? { type: "object", additionalProperties: { ...value(field), ...itemKeywords } }
            : value(field);
      return compact({
        ...shape,
        ...keywords,
        description: sentences(textOf(`${field.parent.typeName}.${field.name}`), ...notes) ?? shape.description,
        deprecated: field.deprecated || undefined,
        readOnly: readOnly || undefined,
        writeOnly: writeOnly || undefined,
      });
    },
    components: () => Object.fromEntries([...found].toSorted(([left], [right]) => (left < right ? -1 : 1))),
  };
  return builder;
}

function enumSchema(desc: DescEnum, textOf: (name: string) => string | undefined): JsonSchema {
  const lines = desc.values.flatMap((value) => {
    const text = textOf(`${desc.typeName}.${value.name}`);
    return text === undefined ? [] : [`- \`${value.jsonName}\`: ${text.replaceAll("\n", " ")}`];
  });
  const description = [textOf(desc.typeName), lines.join("\n")].filter(Boolean).join("\n\n");
  return compact({
    type: "string",
    description: description === "" ? undefined : description,
    deprecated: desc.deprecated || undefined,
    enum: desc.values.map((value) => value.jsonName),
  });
}

function oneofNotes(desc: DescMessage, omitted: ReadonlySet<DescField>): readonly string[] {
  return desc.oneofs.flatMap((oneof) => {
    const names = oneof.fields.filter((field) => !omitted.has(field)).map((field) => `\`${field.jsonName}\``);
    return names.length > 1 ? [`At most one of ${names.join(", ")} is set.`] : [];
  });
}

/** Joins what there is into one text; undefined when there is nothing. */
export function sentences(...parts: readonly (string | undefined)[]): string | undefined {
  const present = parts.filter((part) => part !== undefined && part !== "");
  return present.length > 0 ? present.join("\n\n") : undefined;
}

/** Drops keys that are undefined. */
export function compact<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
