/**
 * Header blocks in HPACK (RFC 7541), without Huffman coding: fields that all calls share enter the connection's dynamic table
 * with the first call, later calls name their places, as the clients of gRPC do it. A call then costs the generator a few copied bytes.
 */

const staticTableLength = 61;
const methodPost = 0x80 | 3;
const schemeHttp = 0x80 | 6;
/** Kinds of literal fields: the dynamic table remembers it, or not. */
const entersTable = 0x40;
const staysOut = 0x00;
/** Names that have a place in the static table. A name that is spelled out costs the server a string per call. */
const staticNames: Readonly<Record<string, number>> = { ":authority": 1, ":path": 4, authorization: 23, "content-type": 31 };

/** A header field; names in lower case. */
export type Field = readonly [name: string, value: string];

/** Blocks for calls on one connection: the first must be sent first, the others in any order. */
export interface HeaderBlocks {
  /** The first block, which fills the dynamic table. */
  first(own: readonly Field[]): Buffer;
  /** Any later block. */
  later(own: readonly Field[]): Buffer;
}

/** `shared`: the fields of every call, beside `:method POST` and `:scheme http`. Pseudo-fields first. */
export function createHeaderBlocks(shared: readonly Field[]): HeaderBlocks {
  const pseudo = Buffer.from([methodPost, schemeHttp]);
  const added = Buffer.concat(shared.map((field) => literal(entersTable, field)));
  // The field that was added last has the lowest index.
  const known = Buffer.from(shared.map((_, place) => 0x80 | (staticTableLength + shared.length - place)));
  const own = (fields: readonly Field[]) => fields.map((field) => literal(staysOut, field));
  return {
    first: (fields) => Buffer.concat([pseudo, added, ...own(fields)]),
    later: (fields) => Buffer.concat([pseudo, known, ...own(fields)]),
  };
}

/** `pattern`: the kind of the field. A field that enters the dynamic table has six bits for the place of its name, others fewer. */
function literal(pattern: number, [name, value]: Field): Buffer {
  const place = pattern === entersTable ? staticNames[name] : undefined;
  return place === undefined ? Buffer.concat([Buffer.from([pattern]), text(name), text(value)]) : Buffer.concat([Buffer.from([pattern | place]), text(value)]);
}

/** A string with its length as an integer of 7 bits and more. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  const length: number[] = [];
  if (bytes.length < 127) length.push(bytes.length);
  else {
    length.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}
