import { create } from "@bufbuild/protobuf";
import { assert, integer, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { ListOrdersRequestSchema, OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { reasonOf } from "../errors/index.ts";
import { decodePageToken, encodePageToken } from "./page-token.ts";

const method = OrderService.method.listOrders;
const scope = (init: Parameters<typeof create<typeof ListOrdersRequestSchema>>[1] = {}) => ({ method, request: create(ListOrdersRequestSchema, init) });

function reasonOfDecode(token: string, decodeScope = scope()): string | undefined {
  try {
    decodePageToken(decodeScope, token, ["string", "number"]);
    return "ok";
  } catch (error) {
    return reasonOf(error);
  }
}

describe("page tokens", () => {
  test("any cursor - comes back, whatever the page size", () => {
    assert(
      property(string({ maxLength: 100 }), integer(), (text, number) => {
        const token = encodePageToken(scope({ pageSize: 5 }), [text, number]);
        expect(decodePageToken(scope({ pageSize: 9, pageToken: token }), token, ["string", "number"])).toEqual([text, number]);
      }),
    );
  });

  test("no token - is the first page", () => {
    expect(decodePageToken(scope(), "", ["string"])).toBeUndefined();
  });

  test("a token of other arguments, another shape or nobody's making - is refused", () => {
    const token = encodePageToken(scope(), ["a", 1]);
    expect(reasonOfDecode(token)).toBe("ok");
    expect(reasonOfDecode(token, scope({ userId: "u" }))).toBe("PAGE_TOKEN_INVALID");
    expect(reasonOfDecode(encodePageToken(scope(), [1, "a"]))).toBe("PAGE_TOKEN_INVALID");
    expect(reasonOfDecode(encodePageToken(scope(), ["a"]))).toBe("PAGE_TOKEN_INVALID");
    assert(property(string({ minLength: 1 }), (text) => reasonOfDecode(text) === "PAGE_TOKEN_INVALID"));
    expect(reasonOfDecode("a".repeat(100_000))).toBe("PAGE_TOKEN_INVALID");
  });
});
