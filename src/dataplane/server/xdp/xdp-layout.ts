import { udpBatchCountMax, xdpFrameCount } from "../../../base/limits.ts";

/**
 * The memory of one XDP worker, mapped once and seen by the kernel and the worker:
 *
 *   per queue    frames   xdpFrameCount × 4096   the queue's UMEM
 *   per queue    record   see `record`
 *   poll entries queues × 8                      struct pollfd
 *
 * A frame: 256 octets that the kernel keeps for itself (XDP_PACKET_HEADROOM; some drivers more), then
 * the packet received, which becomes the answer where it stands.
 *
 * Each frame is at any time in exactly one place: the fill ring or the driver, the receive ring, the
 * worker's record, the transmit ring or the driver, the completion ring. Every ring has room for all
 * frames of its queue, so none ever overflows.
 */
export const frameSize = 4096;
export const receiveOffset = 256;
/** Ethernet, IPv6 and UDP. */
const headerSizeMax = 14 + 40 + 8;
/** Longer packets are left to the kernel, whatever the interface's MTU. */
export const packetSizeMax = frameSize - receiveOffset;
/** Where in a frame a packet may begin at most; a packet after it is not answered. */
export const packetOffsetMax = 448;
/** Octets of a DNS message that fit behind its headers. */
export const responseSizeMax = frameSize - packetOffsetMax - headerSizeMax;
export const framesSize = xdpFrameCount * frameSize;

/**
 * What a worker holds between taking packets from the receive ring and giving their frames on, in
 * words: a count, then for each packet its offset in the UMEM and its size. A worker that dies leaves
 * it to the next.
 */
export const record = { heldCount: 0, held: 2, wordsPerPacket: 2 } as const;
const recordSize = Math.ceil(((2 + 2 * udpBatchCountMax) * 4) / 64) * 64;
export const pollEntry = { fd: 0, events: 4, revents: 6, size: 8 } as const;

export type XdpMemory = { address: number; queueCount: number };

/** Offsets in a worker's memory. */
export function framesOf(queue: number): number {
  return queue * framesSize;
}

export function recordOf(queue: number, queueCount: number): number {
  return queueCount * framesSize + queue * recordSize;
}

export function pollEntriesOf(queueCount: number): number {
  return queueCount * (framesSize + recordSize);
}

export function xdpMemorySize(queueCount: number): number {
  const pageSize = 4096;
  const size = pollEntriesOf(queueCount) + queueCount * pollEntry.size;
  return Math.ceil(size / pageSize) * pageSize;
}
