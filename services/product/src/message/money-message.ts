import { create } from "@bufbuild/protobuf";
import { MoneySchema, type Money as MoneyMessage } from "@flashdeal/proto/google/type/money_pb";
import type { Money } from "../domain/money.ts";

/** An amount as the contract says it. */
export function moneyMessage({ currencyCode, units, nanos }: Money): MoneyMessage {
  return create(MoneySchema, { currencyCode, units, nanos });
}
