import type { ConformanceCase } from "../conformance-case.ts";
import { accountCases } from "./accounts.ts";
import { badInputCases } from "./bad-input.ts";
import { badTokenCases } from "./bad-tokens.ts";
import { catalogueCases } from "./catalogue.ts";
import { crowdCases } from "./crowd.ts";
import { idempotencyCases } from "./idempotency.ts";
import { inventoryCases } from "./inventory.ts";
import { nonsenseGrpcCases } from "./nonsense-grpc.ts";
import { nonsenseRestCases } from "./nonsense-rest.ts";
import { orderCases } from "./orders.ts";
import { ownOrderCases } from "./own-orders.ts";
import { paymentCases } from "./payments.ts";
import { serverCases } from "./servers.ts";
import { stockQueryCases } from "./stock-query.ts";
import { textCases } from "./texts.ts";
import { unknownIdCases } from "./unknown-ids.ts";

/** Every behaviour that an implementation of the contract must have. */
export const cases: readonly ConformanceCase[] = [
  ...accountCases,
  ...catalogueCases,
  ...inventoryCases,
  ...orderCases,
  ...idempotencyCases,
  ...paymentCases,
  ...ownOrderCases,
  ...stockQueryCases,
  ...textCases,
  ...badInputCases,
  ...unknownIdCases,
  ...badTokenCases,
  ...nonsenseRestCases,
  ...nonsenseGrpcCases,
  ...serverCases,
  ...crowdCases,
];
