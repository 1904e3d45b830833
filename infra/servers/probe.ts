import { connect } from "node:net";

const PROBE_TIMEOUT_MS = 1_000;

/** Connects to 127.0.0.1, sends `request`, and judges the first bytes of the answer; false where nobody answers in a second. */
export function probe(port: number, request: Uint8Array | string, judge: (answer: Buffer) => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (ready: boolean): void => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle(false));
    socket.on("error", () => settle(false));
    socket.on("close", () => settle(false));
    socket.on("connect", () => {
      if (request.length > 0) {
        socket.write(request);
      }
    });
    socket.on("data", (answer) => settle(judge(answer)));
  });
}
