import { xdpFrameCount } from "../../../base/limits.ts";
import * as c from "../libc.ts";
import type { Libc } from "../libc.ts";
import type { RingMapping } from "./ring.ts";
import { frameSize, framesSize } from "./xdp-layout.ts";
import { XdpError } from "./xdp-error.ts";

/** An AF_XDP socket on one queue of an interface, with its rings (linux/if_xdp.h). */
export type XdpSocket = {
  fd: number;
  queue: number;
  receive: RingMapping;
  transmit: RingMapping;
  fill: RingMapping;
  completion: RingMapping;
};

const option = {
  offsets: 1,
  receiveRing: 2,
  transmitRing: 3,
  umem: 4,
  fillRing: 5,
  completionRing: 6,
  statistics: 7,
  options: 8,
  transmitBudget: 9,
} as const;
const pageOffset = {
  receive: 0,
  transmit: 0x8000_0000,
  fill: 0x1_0000_0000,
  completion: 0x1_8000_0000,
} as const;
/** Positions of the rings in the answer to XDP_MMAP_OFFSETS, four words of 64 bits each. */
const offsetsOf = { receive: 0, transmit: 32, fill: 64, completion: 96 } as const;
const offsetsSize = 128;
const bindUseNeedWakeup = 8;
const optionZeroCopy = 1;
/** Of the skbs that copy mode sends by: many answers may be on their way through a slow device. */
const sendBufferSize = 4 * 1024 * 1024;

/**
 * Opens a socket whose UMEM are the frames at `frames`, and gives all of them to the fill ring. It
 * receives nothing until it stands in the program's map.
 * @throws XdpError
 */
export function openXdpSocket(
  libc: Libc,
  options: { ifindex: number; queue: number; frames: number },
): XdpSocket {
  const fd = libc.socket(c.AF_XDP, c.SOCK_RAW | c.SOCK_CLOEXEC, 0);
  if (fd < 0) throw XdpError.of(libc, "open an AF_XDP socket");
  const mapped: RingMapping[] = [];
  try {
    configure(libc, fd, options.frames);
    const socket = { fd, queue: options.queue, ...mapRings(libc, fd, mapped) };
    fillWithFrames(libc, socket.fill);
    bindToQueue(libc, fd, options);
    return socket;
  } catch (error) {
    for (const { address, size } of mapped) libc.munmap(address, size);
    libc.close(fd);
    throw error;
  }
}

export function closeXdpSocket(libc: Libc, socket: XdpSocket): void {
  for (const ring of [socket.receive, socket.transmit, socket.fill, socket.completion]) {
    libc.munmap(ring.address, ring.size);
  }
  libc.close(socket.fd);
}

/** Whether the device reads and writes our frames itself, without a copy by the kernel. */
export function isZeroCopy(libc: Libc, socket: XdpSocket): boolean {
  const flags = new Uint8Array(4);
  const status = libc.getsockopt(socket.fd, c.SOL_XDP, option.options, flags, Int32Array.of(4));
  return status === 0 && ((flags[0] as number) & optionZeroCopy) !== 0;
}

/** Packets for us that the kernel dropped, by reason, since the socket was opened. */
export type XdpDrops = { noFrame: number; ringFull: number; other: number };

export function droppedPackets(libc: Libc, socket: XdpSocket): XdpDrops {
  const words = new BigUint64Array(6);
  const bytes = new Uint8Array(words.buffer);
  libc.getsockopt(socket.fd, c.SOL_XDP, option.statistics, bytes, Int32Array.of(bytes.length));
  // The first number counts packets without a frame too.
  const [dropped = 0, , , ringFull = 0, noFrame = 0] = Array.from(words, Number);
  return { other: Math.max(0, dropped - noFrame), ringFull, noFrame };
}

function configure(libc: Libc, fd: number, frames: number): void {
  const umem = new Uint8Array(24);
  const view = new DataView(umem.buffer);
  view.setBigUint64(0, BigInt(frames), true);
  view.setBigUint64(8, BigInt(framesSize), true);
  view.setUint32(16, frameSize, true);
  if (libc.setsockopt(fd, c.SOL_XDP, option.umem, umem, umem.length) !== 0) {
    throw XdpError.of(libc, "register packet memory");
  }
  for (const ring of ["fillRing", "completionRing", "receiveRing", "transmitRing"] as const) {
    if (!setInt(libc, fd, [c.SOL_XDP, option[ring]], xdpFrameCount)) {
      throw XdpError.of(libc, "size a packet ring");
    }
  }
  // Not refused for these: a whole batch a call in copy mode (Linux 6.17), and room for it.
  setInt(libc, fd, [c.SOL_XDP, option.transmitBudget], transmitBudget);
  setInt(libc, fd, [c.SOL_SOCKET, c.SO_SNDBUFFORCE], sendBufferSize);
}

/** Packets that one call may send in copy mode; the kernel's default is 32. */
const transmitBudget = 64;

function mapRings(libc: Libc, fd: number, mapped: RingMapping[]) {
  const offsets = new Uint8Array(offsetsSize);
  const size = Int32Array.of(offsetsSize);
  if (libc.getsockopt(fd, c.SOL_XDP, option.offsets, offsets, size) !== 0 || size[0] !== 128) {
    throw XdpError.of(libc, "ask where packet rings are");
  }
  const view = new DataView(offsets.buffer);
  const map = (ring: keyof typeof pageOffset, entrySize: number): RingMapping => {
    const read = (index: number): number =>
      Number(view.getBigUint64(offsetsOf[ring] + index * 8, true));
    const descriptors = read(2);
    const ringSize = descriptors + xdpFrameCount * entrySize;
    const address = libc.mmap(
      0,
      ringSize,
      c.PROT_READ_WRITE,
      c.MAP_SHARED_POPULATED,
      fd,
      pageOffset[ring],
    );
    if (address === -1) throw XdpError.of(libc, "map a packet ring");
    const mapping = {
      address,
      size: ringSize,
      producer: read(0),
      consumer: read(1),
      flags: read(3),
      descriptors,
      entryCount: xdpFrameCount,
    };
    mapped.push(mapping);
    return mapping;
  };
  return {
    receive: map("receive", 16),
    transmit: map("transmit", 16),
    fill: map("fill", 8),
    completion: map("completion", 8),
  };
}

function fillWithFrames(libc: Libc, fill: RingMapping): void {
  const words = new Int32Array(libc.view(fill.address, fill.size));
  for (let i = 0; i < xdpFrameCount; i++) words[(fill.descriptors >> 2) + i * 2] = i * frameSize;
  Atomics.store(words, fill.producer >> 2, xdpFrameCount);
}

/** `struct sockaddr_xdp`. Without a flag for it the kernel tries zero copy before copy mode. */
function bindToQueue(
  libc: Libc,
  fd: number,
  { ifindex, queue }: { ifindex: number; queue: number },
): void {
  const address = new Uint8Array(16);
  const view = new DataView(address.buffer);
  view.setUint16(0, c.AF_XDP, true);
  view.setUint16(2, bindUseNeedWakeup, true);
  view.setUint32(4, ifindex, true);
  view.setUint32(8, queue, true);
  if (libc.bind(fd, address, address.length) !== 0) {
    throw XdpError.of(libc, `bind to queue ${queue}`);
  }
}

function setInt(
  libc: Libc,
  fd: number,
  [level, name]: [level: number, name: number],
  value: number,
): boolean {
  const bytes = new Uint8Array(Int32Array.of(value).buffer);
  return libc.setsockopt(fd, level, name, bytes, bytes.length) === 0;
}
