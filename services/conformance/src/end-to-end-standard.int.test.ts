import { describeConformance } from "./testing/conformance-suite.ts";
import { startStandard } from "./testing/start-standard.ts";

describeConformance("standard profile", () => startStandard());
