import { udpBatchCountMax, udpQuerySizeMax } from "../../base/limits.ts";
import { socketAddressSize } from "./socket-address.ts";

/**
 * The memory of one mmsg worker, as recvmmsg(2) and sendmmsg(2) want it (64-bit Linux):
 *
 *   per listener   receive headers  batch × 64   struct mmsghdr
 *                  send headers     batch × 64   struct mmsghdr
 *                  receive vectors  batch × 16   struct iovec
 *                  send vectors     batch × 16   struct iovec
 *   poll entries   listeners × 8                 struct pollfd
 *   slots          batch × slotSize              control 64 | sender's address 32 | query, then
 *                                                the response in its place
 *
 * All listeners of a worker use the same slots: one batch is received and answered at a time.
 */
export const header = {
  name: 0,
  nameSize: 8,
  vectors: 16,
  vectorCount: 24,
  control: 32,
  controlSize: 40,
  flags: 48,
  messageSize: 56,
  size: 64,
} as const;
export const vector = { base: 0, length: 8, size: 16 } as const;
export const pollEntry = { fd: 0, events: 4, revents: 6, size: 8 } as const;

/** Room for one control message: 16 octets of head, in_pktinfo (12) or in6_pktinfo (20). */
export const controlRoom = 64;
export const slotHeadSize = controlRoom + socketAddressSize;
/** Of struct cmsghdr and its data, from the start of a slot. */
export const control = {
  ipv4Size: 32,
  ipv4Interface: 16,
  /** That was asked. */
  ipv4Address: 24,
  ipv6Size: 40,
  ipv6Address: 16,
  ipv6Interface: 32,
} as const;

export const batchCount = udpBatchCountMax;
/** One octet more than a query may have shows which were cut off. */
export const queryRoom = udpQuerySizeMax + 1;

const lineSize = 64;
const listenerSize = batchCount * 2 * (header.size + vector.size);

export type MmsgLayout = {
  /** Offset of a listener's block; the next one follows after `listenerSize`. */
  listeners: number;
  listenerSize: number;
  pollEntries: number;
  slots: number;
  slotSize: number;
  size: number;
};

export function layoutMmsgMemory(listenerCount: number, responseSizeMax: number): MmsgLayout {
  const slotSize = oddLines(slotHeadSize + Math.max(queryRoom, responseSizeMax));
  const pollEntries = listenerCount * listenerSize;
  const slots = pollEntries + roundUp(listenerCount * pollEntry.size);
  const size = slots + batchCount * slotSize;
  return {
    listeners: 0,
    listenerSize,
    pollEntries,
    slots,
    slotSize,
    size,
  };
}

/** Offsets inside a listener's block. */
export const listenerBlock = {
  receiveHeaders: 0,
  sendHeaders: batchCount * header.size,
  receiveVectors: batchCount * 2 * header.size,
  sendVectors: batchCount * (2 * header.size + vector.size),
} as const;

function roundUp(size: number): number {
  return Math.ceil(size / lineSize) * lineSize;
}

/** An odd number of cache lines, so that the slots do not all fall into one cache set. */
function oddLines(size: number): number {
  return (Math.ceil(size / lineSize) | 1) * lineSize;
}

/**
 * Keeps the address that was asked as the source but lets routing choose the interface: the way
 * back may be another. IPv6 link-local addresses mean nothing without theirs.
 * @param at where the control message begins
 */
export function freeInterface(view: DataView, at: number, isIpv6: boolean): void {
  if (!isIpv6) return view.setUint32(at + control.ipv4Interface, 0);
  const address = view.getUint16(at + control.ipv6Address);
  if ((address & 0xffc0) !== 0xfe80) view.setUint32(at + control.ipv6Interface, 0);
}
