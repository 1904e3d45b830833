import { create, createFileRegistry, type DescMessage } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorSetSchema,
  StringValueSchema,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";
import { BatchCreateOrdersRequestSchema, CreateOrderRequestSchema } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { CreateShipmentRequestSchema } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { HttpRuleSchema } from "@flashdeal/proto/google/api/http_pb";
import { ErrorInfoSchema, QuotaFailureSchema, RetryInfoSchema } from "@flashdeal/proto/google/rpc/error_details_pb";
import { describe, expect, test } from "vitest";
import { textCheckOf } from "./text-check.ts";

const NUL = "a\0b";
const description = "must not contain the character NUL";

const fieldsOf = (desc: DescMessage, message: unknown) => textCheckOf(desc)?.(message as never)?.map(({ field }) => field);

describe("text check", () => {
  test("text - any that UTF-8 can carry passes, also other control characters", () => {
    const message = create(CreateShipmentRequestSchema, { requestId: "\u0001\t\r\n눈송이 💥", shipment: { carrier: "" } });
    expect(textCheckOf(CreateShipmentRequestSchema)?.(message)).toBeUndefined();
  });

  test("text - NUL and halves of surrogate pairs are named by field", () => {
    const message = create(CreateShipmentRequestSchema, { requestId: NUL, shipment: { carrier: "\ud83d", trackingNumber: "\udca5x" } });
    const surrogate = "must be Unicode text; it holds half of a surrogate pair";
    expect(textCheckOf(CreateShipmentRequestSchema)?.(message)).toEqual([
      { field: "shipment.carrier", description: surrogate },
      { field: "shipment.tracking_number", description: surrogate },
      { field: "request_id", description },
    ]);
  });

  test("paths - lists, messages in lists, map keys and values", () => {
    const order = create(CreateOrderRequestSchema, { lines: [{ dealId: "a" }, { dealId: NUL }] });
    expect(fieldsOf(CreateOrderRequestSchema, order)).toEqual(["lines[1].deal_id"]);
    const quota = create(QuotaFailureSchema, { violations: [{ quotaDimensions: { k: NUL } }] });
    expect(fieldsOf(QuotaFailureSchema, quota)).toEqual(['violations[0].quota_dimensions["k"]']);
    const info = create(ErrorInfoSchema, { metadata: { "\0": "v" } });
    expect(fieldsOf(ErrorInfoSchema, info)).toEqual([String.raw`metadata["\u0000"]`]);
  });

  test("paths - the chosen case of a oneof, and a type that contains itself", () => {
    const rule = create(HttpRuleSchema, {
      pattern: { case: "custom", value: { kind: NUL } },
      additionalBindings: [{ pattern: { case: "get", value: NUL } }, { pattern: { case: "get", value: "/" } }],
    });
    expect(fieldsOf(HttpRuleSchema, rule)?.toSorted()).toEqual(["additional_bindings[0].get", "custom.kind"]);
  });

  test("wrappers - a singular StringValue is plain text in the message, a repeated one is not", () => {
    const type = { type: Type.MESSAGE, typeName: `.${StringValueSchema.typeName}` };
    const proto = {
      name: "wrapped.proto",
      syntax: "proto3",
      dependency: ["google/protobuf/wrappers.proto"],
      messageType: [
        {
          name: "Wrapped",
          field: [
            { name: "one_text", number: 1, label: Label.OPTIONAL, ...type },
            { name: "many_texts", number: 2, label: Label.REPEATED, ...type },
          ],
        },
      ],
    };
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file_google_protobuf_wrappers.proto, proto] }));
    const wrapped = registry.getMessage("Wrapped") as DescMessage;
    expect(fieldsOf(wrapped, create(wrapped, { oneText: NUL, manyTexts: [{ value: NUL }] } as never))).toEqual(["one_text", "many_texts[0].value"]);
    expect(fieldsOf(wrapped, create(wrapped, { oneText: "x" } as never))).toBeUndefined();
  });

  test("exempt fields - are left to whoever validates them", () => {
    const batch = create(BatchCreateOrdersRequestSchema, { entries: [{ request: { requestId: NUL } }] });
    expect(fieldsOf(BatchCreateOrdersRequestSchema, batch)).toBeUndefined();
  });

  test("types without text - need no check", () => {
    expect(textCheckOf(RetryInfoSchema)).toBeUndefined();
  });
});
