// A server whose calls come in waves over one HTTP/2 connection, each with some memory of its own, beside one that is open all the time; in each wave
// the young generation is collected. The caller is a process of its own. Prints by how many bytes a wave makes the heap grow: the median, as now and then
// all of it is collected.
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type ClientHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate as turn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { keepGarbageYoung } from "../keep-garbage-young.ts";

const waves = 60;
const callsAtOnce = 100;
const numbersOfCall = 2_000;
const [, , role, option] = process.argv;

if (role === "caller") await callInWaves(Number(option));
else await serve(role === "kept young");

async function serve(keptYoung: boolean): Promise<void> {
  if (keptYoung) keepGarbageYoung();
  const heapBytes: number[] = [];
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
    else if (headers[":path"] === "/wave" && waiting.push(answer) === callsAtOnce) {
      void globalThis.gc?.({ type: "minor" });
      heapBytes.push(process.memoryUsage().heapUsed);
      const answers = waiting;
      waiting = [];
      for (const each of answers) each();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const caller = fork(fileURLToPath(import.meta.url), ["caller", String((server.address() as AddressInfo).port)], { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [told] = (await once(caller, "message")) as [object];
  caller.send("stop");
  await once(caller, "exit");
  process.stdout.write(JSON.stringify({ grownBytes: medianGrowth(heapBytes), ...told }));
  server.close();
}

function medianGrowth(bytes: readonly number[]): number {
  const growths = bytes.slice(1).map((now, index) => now - (bytes[index] ?? 0));
  return growths.toSorted((a, b) => a - b)[growths.length >> 1] ?? 0;
}

async function callInWaves(port: number): Promise<void> {
  const client = connect(`http://127.0.0.1:${port}`);
  const long = client.request({ ":method": "POST", ":path": "/long" });
  let answered = 0;
  for (let wave = 0; wave < waves; wave++) {
    const answers = await Promise.all(Array.from({ length: callsAtOnce }, () => answerTo(client, "/wave")));
    answered += answers.filter((answer) => answer === String(numbersOfCall)).length;
  }
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
