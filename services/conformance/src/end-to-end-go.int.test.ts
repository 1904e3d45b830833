import { describeConformance } from "./testing/conformance-suite.ts";
import { startStandard } from "./testing/start-standard.ts";

/** Cases in which stock-query answers, or is asked what its server does with nonsense. */
const touchesStockQuery = /^(stock query|inventory|payments|the crowd|servers|tokens|nonsense|unknown ids)|StockQueryService/;

describeConformance("standard profile, stock-query in Go", () => startStandard({ "stock-query": "go" }), touchesStockQuery);
