import * as c from "../src/dataplane/server/libc.ts";
import { loadLibc, type Libc } from "../src/dataplane/server/libc.ts";
import { header, vector } from "../src/dataplane/server/mmsg-layout.ts";
import { encodeSocketAddress } from "../src/dataplane/server/socket-address.ts";

const protocolUdp = 17;
const optionSegment = 103;
const optionGro = 104;
const datagramSize = 60;
const messageCount = 64;
const batchesPerRun = 4_000;

/** How datagrams are sent and received. */
export type Segmentation = {
  readonly name: string;
  /** Datagrams that one message of sendmmsg(2) holds; they must be of one size and to one client. */
  readonly perMessage: number;
  /** Whether the receiver takes several as one (UDP_GRO). */
  readonly joined: boolean;
};

export const segmentations: readonly Segmentation[] = [
  { name: "a message each", perMessage: 1, joined: false },
  { name: "8 in a message (UDP_SEGMENT)", perMessage: 8, joined: false },
  { name: "8 in a message, joined when received (UDP_GRO)", perMessage: 8, joined: true },
];

/**
 * CPU nanoseconds of this process for each datagram that is sent to one client over loopback and
 * received again, 64 datagrams a system call.
 */
export function datagramCostNs({ perMessage, joined }: Segmentation): number {
  const libc = loadLibc();
  const size = 1 << 18;
  const base = libc.mmap(0, size, c.PROT_READ_WRITE, c.MAP_PRIVATE_ANONYMOUS, -1, 0);
  const memory = new DataView(libc.view(base, size));
  const receiver = libc.socket(c.AF_INET, c.SOCK_DGRAM, 0);
  const sender = libc.socket(c.AF_INET, c.SOCK_DGRAM, 0);
  const address = encodeSocketAddress({ address: "127.0.0.1", port: 0 });
  libc.bind(receiver, address, address.length);
  const bound = new Uint8Array(16);
  libc.getsockname(receiver, bound, Int32Array.of(bound.length));
  new Uint8Array(memory.buffer).set(bound, 0);
  setOption(libc, sender, optionSegment, perMessage > 1 ? datagramSize : 0);
  setOption(libc, receiver, optionGro, joined ? 1 : 0);
  const messages = messageCount / perMessage;
  const sendHeaders = 64;
  const receiveHeaders = sendHeaders + messageCount * (header.size + vector.size);
  const data = receiveHeaders + messageCount * (header.size + vector.size);
  const room = datagramSize * 8;
  for (let i = 0; i < messageCount; i++) {
    const at = { vectors: messageCount * header.size, index: i, data: base + data + i * room };
    writeMessage(memory, base, { ...at, headers: sendHeaders, size: datagramSize * perMessage });
    writeMessage(memory, base, { ...at, headers: receiveHeaders, size: room });
    memory.setBigUint64(sendHeaders + i * header.size, BigInt(base), true);
    memory.setUint32(sendHeaders + i * header.size + header.nameSize, bound.length, true);
  }
  let received = 0;
  const run = (): void => {
    libc.sendmmsg(sender, base + sendHeaders, messages, 0);
    for (;;) {
      const at = base + receiveHeaders;
      const count = libc.recvmmsg(receiver, at, messageCount, c.MSG_DONTWAIT, 0);
      if (count <= 0) return;
      for (let i = 0; i < count; i++) {
        const length = receiveHeaders + i * header.size + header.messageSize;
        received += memory.getUint32(length, true) / datagramSize;
      }
    }
  };
  for (let i = 0; i < batchesPerRun / 4; i++) run();
  received = 0;
  const before = process.cpuUsage();
  for (let i = 0; i < batchesPerRun; i++) run();
  const { user, system } = process.cpuUsage(before);
  for (const fd of [receiver, sender]) libc.close(fd);
  libc.munmap(base, size);
  if (received !== batchesPerRun * messageCount) throw new Error(`only ${received} received`);
  return ((user + system) * 1000) / received;
}

function writeMessage(
  memory: DataView,
  base: number,
  at: { headers: number; vectors: number; index: number; data: number; size: number },
): void {
  const head = at.headers + at.index * header.size;
  const entry = at.headers + at.vectors + at.index * vector.size;
  memory.setBigUint64(head + header.vectors, BigInt(base + entry), true);
  memory.setBigUint64(head + header.vectorCount, 1n, true);
  memory.setBigUint64(entry + vector.base, BigInt(at.data), true);
  memory.setBigUint64(entry + vector.length, BigInt(at.size), true);
}

function setOption(libc: Libc, fd: number, option: number, value: number): void {
  const bytes = new Uint8Array(Int32Array.of(value).buffer);
  if (libc.setsockopt(fd, protocolUdp, option, bytes, 4) !== 0) {
    throw new Error(`the kernel refuses UDP option ${option}`);
  }
}
