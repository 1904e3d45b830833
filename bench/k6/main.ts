// `npm run bench:k6`: the buy path through the gateway, by k6. Starts a platform of its own where none answers.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createCommand } from "@flashdeal/runtime/cli";
import { provideTool } from "@flashdeal/infra/tools";
import { providePlatform } from "../sale/platform.ts";

const { args: k6Arguments } = createCommand("npm run bench:k6 --", "Drives the buy path through the gateway with k6. BASE_URL names the gateway; without it a platform is started where none answers.")
  .argument("[options...]", "options of `k6 run`, which checks them")
  .allowUnknownOption()
  .parse();

const k6 = provideTool("k6", (tool) => console.error(`building ${tool.name} ${tool.version} once, which takes some minutes`));
if ("skipped" in k6) {
  console.log(`skipped: ${k6.skipped}`);
} else {
  process.exitCode = await run(k6.path);
}

/** Settings of the scenario (VUS, DURATION, …) come from the environment, further arguments go to k6. Answers the exit code: k6's own, 99 where a threshold is missed. */
async function run(command: string): Promise<number> {
  const platform = await providePlatform(process.env["BASE_URL"]);
  if ("failed" in platform) {
    console.error(platform.failed);
    return 2;
  }
  try {
    const child = spawn(command, ["run", "--quiet", ...k6Arguments, join(import.meta.dirname, "order-scenario.js")], {
      env: { ...process.env, BASE_URL: platform.url, K6_NO_USAGE_REPORT: "true" },
      stdio: "inherit",
    });
    const [code] = (await once(child, "exit")) as [number | null];
    return code ?? 1;
  } finally {
    await platform.stop();
  }
}
