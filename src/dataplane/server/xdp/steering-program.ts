import { BpfAssembler } from "./bpf-assembler.ts";
import type { Register } from "./bpf-assembler.ts";

/**
 * The program that runs in the kernel for every packet of the interface: DNS queries go to the
 * AF_XDP socket of their queue, all else goes on into the kernel as if we were not there.
 *
 * A query is taken if it is
 *   - no longer than a frame of ours holds, and sent to the interface's own MAC address,
 *   - IPv4 without options and no fragment, or IPv6 whose first header is UDP,
 *   - UDP to an address and port of the endpoints map.
 * So VLAN-tagged packets, fragments, IP options, extension headers, broadcasts, other ports, TCP,
 * ICMP and ARP are the kernel's; what of that is DNS is answered by the kernel's sockets.
 */
export type SteeringOptions = {
  /** A hash map whose keys are `endpointKey()`s. */
  endpointsFd: number;
  /** An XSKMAP from queue to socket. */
  socketsFd: number;
  mac: Uint8Array;
  /** Octets of the longest packet to take. */
  frameSizeMax: number;
  /** Verdict on a query to a queue without a socket; default: pass it to the kernel. */
  withoutSocket?: number;
};

export const XDP_DROP = 1;
export const XDP_PASS = 2;

const helper = { mapLookup: 1, redirectMap: 51 } as const;

/** `struct xdp_md`: what the program gets in r1. */
const context = { data: 0, dataEnd: 4, queue: 16 } as const;

const ethernetSize = 14;
const udpSize = 8;
const ipv4 = { size: 20, flags: 6, protocol: 9, destination: 16 } as const;
const ipv6 = { size: 40, protocol: 6, destination: 24 } as const;
const etherType = 12;
const udpDestinationPort = 2;
// Numbers in network order, as a little-endian machine loads them.
const etherTypeIpv4 = 0x0008;
const etherTypeIpv6 = 0xdd86;
/** More fragments, and the offset: all but the reserved bit and Don't Fragment. */
const fragmentBits = 0xff3f;
const ipv4MappedMark = 0xffff_0000 | 0;
const ipv4WithoutOptions = 0x45;
const protocolUdp = 17;

/**
 * Key of the endpoints map: the address (IPv4 as ::ffff:a.b.c.d), the port in network order, and
 * two octets of zeros.
 */
export const endpointKeySize = 20;

export function endpointKey(address: Uint8Array, port: number): Uint8Array {
  const key = new Uint8Array(endpointKeySize);
  if (address.length === 4) key.fill(0xff, 10, 12);
  key.set(address, 16 - address.length);
  key[16] = port >> 8;
  key[17] = port & 255;
  return key;
}

// Registers that the whole program keeps to one use.
const r = {
  result: 0,
  a1: 1,
  packet: 2,
  end: 3,
  bound: 4,
  value: 5,
  context: 6,
  stack: 10,
} as const;
/** The endpoint's key, at the bottom of the stack that is used. */
const keyOnStack = -24;

export function assembleSteering(options: SteeringOptions): Uint8Array {
  const code = new BpfAssembler();
  code.move(r.context, 1);
  code.load(4, r.packet, [r.context, context.data]);
  code.load(4, r.end, [r.context, context.dataEnd]);
  requireSize(code, ethernetSize + ipv4.size + udpSize);
  code.move(r.bound, r.packet).addConstant(r.bound, options.frameSizeMax);
  code.jumpIfGreater(r.end, r.bound, "pass");
  requireMac(code, options.mac);
  code.load(2, r.value, [r.packet, etherType]);
  code.jumpIfEqual32(r.value, etherTypeIpv4, "ipv4");
  code.jumpIfEqual32(r.value, etherTypeIpv6, "ipv6");
  code.label("pass").moveConstant(r.result, XDP_PASS).exit();
  matchIpv4(code);
  matchIpv6(code);
  redirect(code, options);
  return code.assemble();
}

/** Leaves packets that are shorter; the verifier then allows loads up to there. */
function requireSize(code: BpfAssembler, size: number): void {
  code.move(r.bound, r.packet).addConstant(r.bound, size).jumpIfGreater(r.bound, r.end, "pass");
}

function requireMac(code: BpfAssembler, mac: Uint8Array): void {
  const view = new DataView(mac.buffer, mac.byteOffset, mac.length);
  code.load(4, r.value, [r.packet, 0]);
  code.jumpIfNotEqual32(r.value, view.getInt32(0, true), "pass");
  code.load(2, r.value, [r.packet, 4]);
  code.jumpIfNotEqual32(r.value, view.getUint16(4, true), "pass");
}

function matchIpv4(code: BpfAssembler): void {
  code.label("ipv4");
  code.load(1, r.value, [r.packet, ethernetSize]);
  code.jumpIfNotEqual32(r.value, ipv4WithoutOptions, "pass");
  code.load(1, r.value, [r.packet, ethernetSize + ipv4.protocol]);
  code.jumpIfNotEqual32(r.value, protocolUdp, "pass");
  code.load(2, r.value, [r.packet, ethernetSize + ipv4.flags]);
  code.andConstant(r.value, fragmentBits);
  code.jumpIfNotEqual32(r.value, 0, "pass");
  for (const word of [0, 4]) code.storeConstant(4, [r.stack, keyOnStack + word], 0);
  code.storeConstant(4, [r.stack, keyOnStack + 8], ipv4MappedMark);
  copyToKey(code, { from: ethernetSize + ipv4.destination, to: 12, words: 1 });
  code.load(2, r.value, [r.packet, ethernetSize + ipv4.size + udpDestinationPort]);
  code.jump("find");
}

function matchIpv6(code: BpfAssembler): void {
  code.label("ipv6");
  requireSize(code, ethernetSize + ipv6.size + udpSize);
  code.load(1, r.value, [r.packet, ethernetSize + ipv6.protocol]);
  code.jumpIfNotEqual32(r.value, protocolUdp, "pass");
  copyToKey(code, { from: ethernetSize + ipv6.destination, to: 0, words: 4 });
  code.load(2, r.value, [r.packet, ethernetSize + ipv6.size + udpDestinationPort]);
}

function copyToKey(code: BpfAssembler, span: { from: number; to: number; words: number }): void {
  for (let word = 0; word < span.words * 4; word += 4) {
    code.load(4, r.value, [r.packet, span.from + word]);
    code.store(4, [r.stack, keyOnStack + span.to + word], r.value);
  }
}

/** The port is in `value`: completes the key, looks it up, and chooses the queue's socket. */
function redirect(code: BpfAssembler, options: SteeringOptions): void {
  const second: Register = 2;
  const third: Register = 3;
  code.label("find").store(4, [r.stack, keyOnStack + 16], r.value);
  code.loadMap(r.a1, options.endpointsFd);
  code.move(second, r.stack).addConstant(second, keyOnStack);
  code.call(helper.mapLookup).jumpIfZero(r.result, "pass");
  code.loadMap(r.a1, options.socketsFd);
  code.load(4, second, [r.context, context.queue]);
  code.moveConstant(third, options.withoutSocket ?? XDP_PASS);
  code.call(helper.redirectMap).exit();
}
