// `npm run sale`: a crowd rushes one deal, and then everything is counted.
import { parseArgs, run } from "./sale.ts";

process.exitCode = await run(parseArgs(process.argv));
