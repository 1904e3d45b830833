import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Book } from "./books.ts";
import { checkFolder, elleFile, runFiles } from "./check-folder.ts";
import type { Snapshot } from "./checker.ts";
import { createHistory, type Operation } from "./history.ts";

const order: Operation = { f: "create", key: "k1", userId: "u1", lines: [{ dealId: "d", quantity: 1 }] };
const book: Book = { item: "i", onHand: 10, reserved: 1, onHandSum: 10, reservedSum: 1, received: 10, held: 1, sold: 0 };
const snapshot: Snapshot = {
  items: [{ item: "i", dealId: "d" }],
  orders: [{ orderId: "o1", userId: "u1", state: "EXPIRED", paymentState: "NONE", reservationId: "r1" }],
  orderLines: [{ orderId: "o1", dealId: "d", quantity: 1 }],
  ordersByKey: [{ key: "k1", orderId: "o1" }],
  claims: [{ reservationId: "r1", orderId: "o1" }],
  reservations: [{ reservationId: "r1", userId: "u1", state: "EXPIRED" }],
  reservationLines: [{ reservationId: "r1", dealId: "d", item: "i", quantity: 1 }],
  holdMovements: [{ item: "i", reservationId: "r1" }],
  stocks: [{ item: "i", onHand: 10, reserved: 0, onHandSum: 10, reservedSum: 0, received: 10 }],
  captures: [],
  readModel: [{ item: "i", onHand: 10, reserved: 0 }],
};

let folder: string;
const file = (name: string): string => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flashdeal-check-"));
  const history = createHistory(file(runFiles.history));
  history.add({ process: 0, type: "invoke", operation: order });
  history.add({ process: 0, type: "ok", operation: order, orderId: "o1", state: "PENDING_PAYMENT" });
  writeFileSync(file(runFiles.books), `${JSON.stringify({ timeMs: 1, books: [book] })}\n`);
  writeFileSync(file(runFiles.snapshot), JSON.stringify(snapshot));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("check of a folder - a sound run, from its files, with the history for Elle", () => {
  expect(checkFolder(folder)).toEqual({ acknowledged: 1, unknown: 0, looks: 1, faults: [] });
  expect(readFileSync(file(elleFile), "utf8").trim().split("\n")).toHaveLength(4);
});

it("check of a folder - what is changed in a file is found", () => {
  writeFileSync(file(runFiles.snapshot), JSON.stringify({ ...snapshot, orders: [], orderLines: [] }));
  appendFileSync(file(runFiles.books), `${JSON.stringify({ timeMs: 2, books: [{ ...book, sold: 1 }] })}\n`);
  const { faults } = checkFolder(folder);
  expect(faults.join("\n")).toMatch(/o1 was acknowledged and is lost/);
  expect(faults.join("\n")).toMatch(/available, held and sold are not what was received, 2 ms/);
});

it("check of a folder - a call is in the history before it is made, and a line that was cut off is left out", () => {
  const late: Operation = { ...order, key: "k2" };
  const history = createHistory(file(runFiles.history));
  history.add({ process: 0, type: "invoke", operation: late });
  expect(readFileSync(file(runFiles.history), "utf8")).toContain('"key":"k2"');
  appendFileSync(file(runFiles.history), '{"index":1,"ti');
  expect(checkFolder(folder).faults.join("\n")).toMatch(/o1 was made by 0 keys: nobody/);
});

it("check of a folder - a file that is missing is no sound run", () => {
  rmSync(file(runFiles.books));
  expect(() => checkFolder(folder)).toThrow("books.jsonl");
});
