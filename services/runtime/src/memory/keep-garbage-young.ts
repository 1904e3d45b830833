import { subscribe } from "node:diagnostics_channel";
import type { Http2Session, Http2Stream } from "node:http2";
import { setFlagsFromString } from "node:v8";
import { HeaderTexts } from "./header-texts.ts";
import { PendingStreams } from "./pending-streams.ts";
import { StreamTable } from "./stream-table.ts";

/**
 * Lets what a call has made be collected with the young generation, for a process that serves many calls at once.
 *
 * A `Map` or `Set` whose entries come and go makes a new table every few entries. V8 links the old table to the new one, for iterators
 * that may still stand on it, and leaves the entries in it. Once one such table has reached the old generation it is garbage that
 * nothing collects before the next full collection; till then all that it refers to counts as alive: the calls of that moment, the next
 * table, the calls of that table, and so on. Node keeps the streams of a connection in such a map, so that of a busy server's dead calls every
 * fourth byte moved to the old generation, collections of the young one took four times as long, and full ones came each second.
 *
 * And V8 makes a function that is assigned to a property in the old generation. Node 24 gives each `Writable` one that refers to it (`state.onwrite`), so that each stream lives to the next
 * full collection, and by its listeners the call that it was of: the arrays of bytes of its messages, which V8 counts, brought full collections of their own. The same holds for a getter of an object literal: it is
 * part of the hidden class, and those are old from the start.
 *
 * The strings that Node makes of the headers it receives are old from the start too, ten of 32 bytes per call: their texts are elsewhere.
 *
 * Four things are done about it, for all HTTP/2 connections of the process:
 *
 * - their map of streams is replaced by a table that forgets (`StreamTable`), and their set of those that have no number yet by an array (`PendingStreams`). Both
 *   are reached by the description of Node's symbol; where that is not found, nothing is changed, and nothing but speed is lost;
 * - a stream that is closed has no listeners any more;
 * - texts of headers are let go of at once (`HeaderTexts`); their strings stay to the next full collection;
 * - V8 no longer learns where objects that live long are made (allocation-site pretenuring): with a thousand calls waiting it takes those of a
 *   call for such, makes them in the old generation, and the same begins again.
 *
 * The sets of this project that change with each call are `LinkedSet`s and `KeySet`s for the same reason, and the set of a client's calls is replaced too (forget-ended-calls.ts).
 */
export function keepGarbageYoung(): void {
  if (isKept) return;
  isKept = true;
  setFlagsFromString("--no-allocation-site-pretenuring");
  for (const side of ["server", "client"]) subscribe(`http2.${side}.stream.created`, onStreamCreated);
  // When a server learns of a call, and when a client has the headers of an answer.
  for (const received of ["http2.server.stream.created", "http2.client.stream.finish"]) {
    const texts = new HeaderTexts();
    subscribe(received, (message) => texts.pass((message as { headers?: Readonly<Record<string, unknown>> }).headers ?? {}));
  }
}

let isKept = false;

/** On sessions whose streams were looked at. */
const seen = Symbol("seen");

type Session = Http2Session & { [seen]?: true };

function onStreamCreated(message: unknown): void {
  const { stream } = message as { stream: Http2Stream };
  stream.once("close", letGoOfListeners);
  const { session }: { session?: Session } = stream;
  if (session === undefined || session[seen] === true) return;
  session[seen] = true;
  replaceStreams(session);
}

/** Those that wait for the same event are told all the same; after it comes no other. Node's own listener, to which each removal is told, goes first: then all go at once. */
function letGoOfListeners(this: Http2Stream): void {
  this.removeAllListeners("removeListener").removeAllListeners();
  this.on("error", ignore);
}

function ignore(): void {}

interface SessionState {
  streams?: Pick<Map<number, Http2Stream>, "forEach" | "get" | "set" | "delete" | "size"> | StreamTable<Http2Stream>;
  pendingStreams?: Pick<Set<Http2Stream>, "forEach" | "add" | "delete" | "size"> | PendingStreams<Http2Stream>;
}

function replaceStreams(session: Session): void {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === "state");
  const state = key === undefined ? undefined : (Reflect.get(session, key) as SessionState | undefined);
  // Node's map and set are of realm-independent subclasses: `instanceof Map` does not hold.
  if (typeof state?.streams?.forEach === "function" && typeof state.streams.set === "function") {
    const table = new StreamTable<Http2Stream>();
    state.streams.forEach((stream, id) => table.set(id, stream));
    state.streams = table;
  }
  if (typeof state?.pendingStreams?.forEach === "function" && typeof state.pendingStreams.add === "function") {
    const pending = new PendingStreams<Http2Stream>();
    state.pendingStreams.forEach((stream) => pending.add(stream));
    state.pendingStreams = pending;
  }
}
