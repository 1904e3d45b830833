// Builds the pinned tools: `npm run tools`, or `npm run tools -- ghz k6` for some of them.
import { provideTool, tools, type ToolName } from "./tools.ts";

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in tools));
if (unknown.length > 0) {
  console.error(`Unknown tool: ${unknown.join(", ")}. Known are: ${Object.keys(tools).join(", ")}.`);
  process.exit(2);
}
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
