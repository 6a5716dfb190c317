import type { Random } from "../../src/base/random.ts";

/** Changes a packet in one way. @returns the packet, the same memory or new */
export type Mutation = (packet: Uint8Array, random: Random) => Uint8Array;

const mutationsMax = 3;
const packetSizeMax = 1_500;

/** A copy of a packet with one to three random mutations. The same draws give the same packet. */
export function mutate(packet: Uint8Array, random: Random): Uint8Array {
  let mutant: Uint8Array = packet.slice();
  const count = 1 + below(mutationsMax, random);
  for (let i = 0; i < count; i++) {
    mutant = (mutations[below(mutations.length, random)] as Mutation)(mutant, random);
  }
  return mutant.length > packetSizeMax ? mutant.slice(0, packetSizeMax) : mutant;
}

/** Every way in which a packet is spoilt. */
export const mutations: readonly Mutation[] = [
  flipBit,
  setOctet,
  truncate,
  appendOctets,
  insertOctets,
  removeOctets,
  repeatPart,
  setCount,
  setFlags,
  setOpcode,
  setQuestionType,
  setQuestionClass,
  setLabelLength,
  putPointer,
  putPointerToItself,
  lengthenName,
  setOptPayloadSize,
  setOptTtl,
  setOptSize,
  appendOpt,
  appendOption,
  randomOctets,
];

function below(limit: number, random: Random): number {
  return limit <= 0 ? 0 : random.uint32() % limit;
}

function octets(count: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: count }, () => below(256, random));
}

/** A value that parsers trip over more often than over one drawn evenly. */
function oddUint16(random: Random): number {
  const odd = [0, 1, 2, 11, 12, 63, 64, 127, 128, 254, 255, 256, 511, 512, 0x3fff, 0xc00c, 0xffff];
  return (random.uint32() & 1) === 0
    ? (odd[below(odd.length, random)] as number)
    : below(65_536, random);
}

function putUint16(packet: Uint8Array, offset: number, value: number): Uint8Array {
  if (offset < 0 || offset + 1 >= packet.length) return packet;
  packet[offset] = value >> 8;
  packet[offset + 1] = value & 255;
  return packet;
}

function splice(packet: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const result = new Uint8Array(packet.length - removed + added.length);
  result.set(packet.subarray(0, at));
  result.set(added, at);
  result.set(packet.subarray(at + removed), at + added.length);
  return result;
}

/** Offset after the first question's name, if labels lead there; else the end of the packet. */
function questionNameEnd(packet: Uint8Array): number {
  let at = 12;
  while (at < packet.length && packet[at] !== 0) at += 1 + (packet[at] as number);
  return Math.min(at + 1, packet.length);
}

/** Offset of a record that looks like OPT in the packet's tail, or −1. */
function optOffset(packet: Uint8Array): number {
  for (let at = questionNameEnd(packet) + 4; at + 10 < packet.length; at++) {
    if (packet[at] === 0 && packet[at + 1] === 0 && packet[at + 2] === 41) return at;
  }
  return -1;
}

function flipBit(packet: Uint8Array, random: Random): Uint8Array {
  const at = below(packet.length, random);
  packet[at] = (packet[at] ?? 0) ^ (1 << below(8, random));
  return packet;
}

function setOctet(packet: Uint8Array, random: Random): Uint8Array {
  packet[below(packet.length, random)] = below(256, random);
  return packet;
}

function truncate(packet: Uint8Array, random: Random): Uint8Array {
  return packet.slice(0, below(packet.length + 1, random));
}

function appendOctets(packet: Uint8Array, random: Random): Uint8Array {
  return splice(packet, packet.length, 0, octets(1 + below(40, random), random));
}

function insertOctets(packet: Uint8Array, random: Random): Uint8Array {
  return splice(packet, below(packet.length + 1, random), 0, octets(1 + below(8, random), random));
}

function removeOctets(packet: Uint8Array, random: Random): Uint8Array {
  const at = below(packet.length, random);
  const count = Math.min(1 + below(8, random), packet.length - at);
  return splice(packet, at, count, new Uint8Array(0));
}

function repeatPart(packet: Uint8Array, random: Random): Uint8Array {
  const start = below(packet.length, random);
  const part = packet.slice(start, start + 1 + below(60, random));
  return splice(packet, below(packet.length + 1, random), 0, part);
}

function setCount(packet: Uint8Array, random: Random): Uint8Array {
  return putUint16(packet, 4 + 2 * below(4, random), oddUint16(random));
}

function setFlags(packet: Uint8Array, random: Random): Uint8Array {
  return putUint16(packet, 2, below(65_536, random));
}

function setOpcode(packet: Uint8Array, random: Random): Uint8Array {
  if (packet.length > 2) packet[2] = ((packet[2] as number) & 0x87) | (below(16, random) << 3);
  return packet;
}

function setQuestionType(packet: Uint8Array, random: Random): Uint8Array {
  const meta = [0, 41, 46, 128, 249, 250, 251, 252, 253, 254, 255, 256, 65_535];
  const type = (random.uint32() & 1) === 0 ? meta[below(meta.length, random)] : oddUint16(random);
  return putUint16(packet, questionNameEnd(packet), type as number);
}

function setQuestionClass(packet: Uint8Array, random: Random): Uint8Array {
  const classes = [0, 3, 4, 254, 255, 256, 65_535];
  const value = classes[below(classes.length, random)] as number;
  return putUint16(packet, questionNameEnd(packet) + 2, value);
}

/** Sets the length octet of one of the question's labels. */
function setLabelLength(packet: Uint8Array, random: Random): Uint8Array {
  const lengths = [0, 1, 62, 63, 64, 65, 127, 128, 191, 192, 255];
  let at = 12;
  for (let skip = below(6, random); skip > 0; skip--) {
    const next = at + 1 + (packet[at] ?? 0);
    if (next >= packet.length || packet[at] === 0) break;
    at = next;
  }
  if (at < packet.length) packet[at] = lengths[below(lengths.length, random)] as number;
  return packet;
}

function putPointer(packet: Uint8Array, random: Random): Uint8Array {
  const at = 12 + below(packet.length - 12, random);
  return putUint16(packet, at, 0xc000 | below(packet.length + 4, random));
}

function putPointerToItself(packet: Uint8Array, random: Random): Uint8Array {
  const at = (random.uint32() & 1) === 0 ? 12 : 12 + below(packet.length - 12, random);
  return putUint16(packet, at, 0xc000 | at);
}

/** Puts labels before the question's name until it is near or over 255 octets. */
function lengthenName(packet: Uint8Array, random: Random): Uint8Array {
  const labels: number[] = [];
  const target = 180 + below(120, random);
  while (labels.length < target) {
    const size = 1 + below(63, random);
    labels.push(size, ...octets(size, random));
  }
  return packet.length < 12 ? packet : splice(packet, 12, 0, Uint8Array.from(labels));
}

function setOptPayloadSize(packet: Uint8Array, random: Random): Uint8Array {
  const at = optOffset(packet);
  return at < 0 ? packet : putUint16(packet, at + 3, oddUint16(random));
}

/** Extended response code, version and flags of OPT. */
function setOptTtl(packet: Uint8Array, random: Random): Uint8Array {
  const at = optOffset(packet);
  return at < 0 ? packet : putUint16(packet, at + 5 + 2 * below(2, random), oddUint16(random));
}

function setOptSize(packet: Uint8Array, random: Random): Uint8Array {
  const at = optOffset(packet);
  return at < 0 ? packet : putUint16(packet, at + 9, oddUint16(random));
}

/** Appends an OPT record, counted or not, at times with an owner that is not the root. */
function appendOpt(packet: Uint8Array, random: Random): Uint8Array {
  if (packet.length < 12) return packet;
  const owner = below(4, random) === 0 ? Uint8Array.of(0xc0, 0x0c) : Uint8Array.of(0);
  const size = oddUint16(random);
  const fixed = Uint8Array.of(0, 41, size >> 8, size & 255, 0, below(3, random), 0, 0, 0, 0);
  if (below(4, random) !== 0) packet[11] = ((packet[11] as number) + 1) & 255;
  return splice(splice(packet, packet.length, 0, owner), packet.length + owner.length, 0, fixed);
}

/** Appends an option to OPT: known and unknown codes, lengths that are true or lie. */
function appendOption(packet: Uint8Array, random: Random): Uint8Array {
  const at = optOffset(packet);
  if (at < 0) return packet;
  const codes = [0, 3, 5, 8, 9, 10, 11, 12, 15, 16, 100, 65_001, 65_535];
  const code = codes[below(codes.length, random)] as number;
  const data = octets(below(40, random), random);
  const size = below(4, random) === 0 ? oddUint16(random) : data.length;
  const option = Uint8Array.of(code >> 8, code & 255, size >> 8, size & 255, ...data);
  const rdataSize = ((packet[at + 9] as number) << 8) | (packet[at + 10] as number);
  putUint16(packet, at + 9, (rdataSize + option.length) & 0xffff);
  return splice(packet, Math.min(packet.length, at + 11 + rdataSize), 0, option);
}

/** Nothing of the packet is kept. */
function randomOctets(_: Uint8Array, random: Random): Uint8Array {
  return octets(below(80, random), random);
}
