// Builds the pinned tools: `npm run tools`, or `npm run tools -- ghz k6` for some of them.
import { createCommand } from "@flashdeal/runtime/cli";
import { Argument } from "commander";
import { provideTool, tools, type ToolName } from "./tools.ts";

const wanted = createCommand("npm run tools --", "Builds the pinned tools from the Go module proxy, where they are not there yet.")
  .addArgument(new Argument("[tools...]", "these only").choices(Object.keys(tools)))
  .parse().args;
let missing = 0;
for (const tool of Object.values(tools)) {
  if (wanted.length > 0 && !wanted.includes(tool.name)) {
    continue;
  }
  const provided = provideTool(tool.name satisfies ToolName, () => {
    console.log(`building ${tool.name} ${tool.version} (${tool.purpose}) …`);
  });
  if ("path" in provided) {
    console.log(`${tool.name} ${tool.version}: ${provided.path}`);
  } else {
    missing += 1;
    console.log(`${tool.name}: skipped: ${provided.skipped}`);
  }
}
process.exitCode = missing > 0 ? 1 : 0;
