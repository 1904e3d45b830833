// A server of calls over one HTTP/2 connection, each with some memory of its own, beside one that is open all the time. Half of the calls are always open, and
// after each wave of them the young generation is collected. The caller is a process of its own. Prints by how many bytes a wave makes the heap grow:
// median and upper quartile, as now and then all of it is collected.
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type ClientHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { keepGarbageYoung } from "../keep-garbage-young.ts";

const waves = 40;
/** Many times as many as are open at once, so that none is there at two collections. */
const callsOfWave = 1_000;
const callers = 100;
const numbersOfCall = 500;
const [, , role, option] = process.argv;

if (role === "caller") await callInWaves(Number(option));
else await serve(role === "kept young");

async function serve(keptYoung: boolean): Promise<void> {
  if (keptYoung) keepGarbageYoung();
  const heapBytes: number[] = [];
  let calls = 0;
  let isEnding = false;
  let waiting: (() => void)[] = [];
  const server = createServer();
  server.on("stream", (stream, headers) => {
    const own = Array.from({ length: numbersOfCall }, (_, number) => ({ number }));
    const answer = (): void => {
      if (stream.destroyed) return;
      stream.respond({ ":status": 200 });
      stream.end(String(own.length));
    };
    if (headers[":path"] === "/long") stream.once("data", answer);
    else if (headers[":path"] === "/end") {
      isEnding = true;
      for (const each of waiting) each();
      waiting = [];
      answer();
    } else if (headers[":path"] === "/wave") {
      if (isEnding) {
        answer();
        return;
      }
      waiting.push(answer);
      if (waiting.length > callers / 2) waiting.shift()?.();
      if (++calls % callsOfWave !== 0) return;
      void globalThis.gc?.({ type: "minor" });
      heapBytes.push(process.memoryUsage().heapUsed);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const caller = fork(fileURLToPath(import.meta.url), ["caller", String((server.address() as AddressInfo).port)], { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [told] = (await once(caller, "message")) as [object];
  caller.send("stop");
  await once(caller, "exit");
  process.stdout.write(JSON.stringify({ grownBytes: growthOf(heapBytes), ...told }));
  server.close();
}

/** How much more there was after a wave than after the one before. */
function growthOf(bytes: readonly number[]): { readonly median: number; readonly upperQuartile: number } {
  const growths = bytes.slice(1).map((now, index) => now - (bytes[index] ?? 0)).toSorted((a, b) => a - b);
  const at = (part: number): number => growths[Math.floor(growths.length * part)] ?? 0;
  return { median: at(0.5), upperQuartile: at(0.75) };
}

async function callInWaves(port: number): Promise<void> {
  keepGarbageYoung();
  const client = connect(`http://127.0.0.1:${port}`);
  const long = client.request({ ":method": "POST", ":path": "/long" });
  let left = waves * callsOfWave;
  let answered = 0;
  const call = async (): Promise<void> => {
    while (left-- > 0) if ((await answerTo(client, "/wave")) === String(numbersOfCall)) answered++;
    // The last ones would wait for others to come after them.
    await answerTo(client, "/end");
  };
  await Promise.all(Array.from({ length: callers }, call));
  long.end("now");
  const longAnswer = await text(long);
  // A connection that breaks ends every call that is open on it.
  const open = Array.from({ length: 10 }, () => once(client.request({ ":path": "/never" }).on("error", () => undefined), "close"));
  await turn();
  client.destroy();
  const cut = (await Promise.all(open)).length;
  process.send?.({ answered, longAnswered: longAnswer === String(numbersOfCall), cut });
  await once(process, "message");
  process.disconnect();
}

async function answerTo(client: ClientHttp2Session, path: string): Promise<string> {
  return text(client.request({ ":path": path }));
}
