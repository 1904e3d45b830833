import { describeConformance } from "./testing/conformance-suite.ts";
import { startEmbedded } from "./testing/start-embedded.ts";

describeConformance("embedded profile", () => startEmbedded());
