import { udpBatchCountMax } from "../../../base/limits.ts";
import type { CounterBlock } from "../../../telemetry/counters.ts";
import { batchCountMin } from "../driver.ts";
import type { Answerer, BatchControl, PacketArena } from "../driver.ts";
import * as c from "../libc.ts";
import type { Libc } from "../libc.ts";
import { addTo, sendErrors, xdpCounters } from "../worker-counters.ts";
import { DatagramCodec, OPENED } from "./datagram-codec.ts";
import { Ring } from "./ring.ts";
import * as layout from "./xdp-layout.ts";
import type { XdpMemory } from "./xdp-layout.ts";
import type { XdpSocket } from "./xdp-socket.ts";

/** A queue of the interface as the worker uses it. */
type Queue = {
  fd: number;
  /** Offset of its UMEM in the worker's memory. */
  frames: number;
  /** Index of its record in the worker's words. */
  record: number;
  receive: Ring;
  transmit: Ring;
  fill: Ring;
  completion: Ring;
};

/** Tells the program in the kernel whether packets go to the worker's AF_XDP sockets. */
export type Steering = { take(): void; leave(): void };

const pollTimeoutMs = 10;
const timerSlackNs = 1_000;
const drainTurnCountMax = 32;
/** In copy mode one call may send half a batch only. */
const kickCountMax = 4;
const frameMask = ~(layout.frameSize - 1);

/**
 * UDP over AF_XDP: packets arrive in frames of memory shared with the kernel, become their answers in
 * place, and are given back, with no system call but to wait and to wake the kernel up. One thread serves one or several queues of the interface.
 */
export class XdpDriver {
  readonly arena: PacketArena;
  readonly #libc: Libc;
  readonly #base: number;
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #codec: DatagramCodec;
  readonly #sockets: readonly XdpSocket[];
  readonly #queues: readonly Queue[];
  readonly #pollEntries: number;
  readonly #counters: CounterBlock;
  readonly #coalesceUs: number;
  readonly #pause = new Int32Array(new SharedArrayBuffer(4));

  /** `memory` and the rings are as an earlier driver over the same sockets has left them. */
  constructor(
    libc: Libc,
    options: {
      sockets: readonly XdpSocket[];
      memory: XdpMemory;
      counters: CounterBlock;
      /** How long queries may gather under load before they are taken; 0: not at all. */
      coalesceUs: number;
      /** Where the numbers of IPv4 packets start; best at random. */
      identification: number;
    },
  ) {
    const { sockets, memory, counters, coalesceUs, identification } = options;
    this.#coalesceUs = coalesceUs;
    this.#libc = libc;
    this.#base = memory.address;
    this.#counters = counters;
    this.#sockets = sockets;
    const buffer = libc.view(memory.address, layout.xdpMemorySize(memory.queueCount));
    this.arena = { bytes: new Uint8Array(buffer), view: new DataView(buffer) };
    this.#words = new Int32Array(buffer);
    this.#codec = new DatagramCodec(this.arena.bytes, identification);
    this.#pollEntries = layout.pollEntriesOf(memory.queueCount);
    this.#queues = sockets.map((socket, i) => this.#prepare(socket, i));
  }

  /** Answers until `control` says stop, then leaves, then answers what has been received by then. */
  run(answerer: Answerer, control: BatchControl, steering: Pick<Steering, "leave">): void {
    if (this.#coalesceUs > 0) this.#libc.prctl(c.PR_SET_TIMERSLACK, timerSlackNs, 0, 0, 0);
    while (control.nextBatch()) {
      const count = this.#turn(answerer);
      if (count === 0) this.#wait(pollTimeoutMs);
      else this.#coalesce(count);
    }
    steering.leave();
    for (let i = 0; i < drainTurnCountMax && this.#turn(answerer) > 0; i++);
  }

  /** A batch of each queue. @returns the most packets that one of them had */
  #turn(answerer: Answerer): number {
    let most = 0;
    for (let i = 0; i < this.#queues.length; i++) {
      const count = this.#serve(this.#queues[i] as Queue, answerer);
      if (count > most) most = count;
    }
    return most;
  }

  /** Lets queries gather as the mmsg driver does: a call that wakes the kernel up sends more then. */
  #coalesce(count: number): void {
    if (count < batchCountMin || count === udpBatchCountMax || this.#coalesceUs === 0) return;
    this.#libc.usleep(this.#coalesceUs);
  }

  #serve(queue: Queue, answerer: Answerer): number {
    this.#recycle(queue);
    const count = this.#take(queue);
    if (count === 0) return 0;
    addTo(this.#counters, xdpCounters.index.batches, 1);
    addTo(this.#counters, xdpCounters.index.xdpPackets, count);
    this.#answerAll(queue, answerer, count);
    if (queue.fill.needsWakeup()) this.#libc.recvfrom(queue.fd, 0, 0, c.MSG_DONTWAIT, 0, 0);
    if (queue.transmit.needsWakeup()) this.#kick(queue);
    return count;
  }

  /** Frames whose answers have been sent are for receiving again. */
  #recycle(queue: Queue): void {
    const { completion, fill } = queue;
    const count = completion.available();
    if (count === 0) return;
    for (let i = 0; i < count; i++) {
      const frame = (completion.words[completion.entryAt(i)] as number) & frameMask;
      fill.words[fill.entryAt(i)] = frame;
    }
    completion.consume(count);
    fill.produce(count);
  }

  /** Takes up to a batch out of the receive ring into the record. */
  #take(queue: Queue): number {
    const { receive, record } = queue;
    const words = this.#words;
    let count = receive.available();
    if (count === 0) return 0;
    if (count > udpBatchCountMax) count = udpBatchCountMax;
    for (let i = 0; i < count; i++) {
      const entry = receive.entryAt(i);
      const held = record + layout.record.held + i * layout.record.wordsPerPacket;
      words[held] = receive.words[entry] as number;
      words[held + 1] = receive.words[entry + descriptorSize] as number;
    }
    words[record + layout.record.heldCount] = count;
    receive.consume(count);
    return count;
  }

  /** Every packet of the record becomes an answer to send or a frame to receive in. */
  #answerAll(queue: Queue, answerer: Answerer, count: number): void {
    const { frames, record, transmit, fill } = queue;
    const words = this.#words;
    let sendCount = 0;
    let fillCount = 0;
    if (count >= batchCountMin && answerer.announce) this.#announce(queue, answerer, count);
    for (let i = 0; i < count; i++) {
      const held = record + layout.record.held + i * layout.record.wordsPerPacket;
      const packet = words[held] as number;
      const frame = packet & frameMask;
      const size = this.#answer(answerer, frames + packet, words[held + 1] as number);
      if (size === 0) {
        fill.words[fill.entryAt(fillCount++)] = frame;
        continue;
      }
      const entry = transmit.entryAt(sendCount++);
      transmit.words[entry] = packet;
      transmit.words[entry + descriptorSize] = size;
    }
    words[record + layout.record.heldCount] = 0;
    if (sendCount > 0) transmit.produce(sendCount);
    if (fillCount > 0) fill.produce(fillCount);
  }

  #announce({ frames, record }: Queue, answerer: Answerer, count: number): void {
    const words = this.#words;
    for (let i = 0; i < count; i++) {
      const held = record + layout.record.held + i * layout.record.wordsPerPacket;
      answerer.announce?.(this.#codec.messageAt(frames + (words[held] as number)));
    }
  }

  /** @returns octets of the answering packet; 0: none */
  #answer(answerer: Answerer, packet: number, packetSize: number): number {
    const codec = this.#codec;
    const status = codec.open(packet & frameMask, packet, packetSize);
    if (status !== OPENED.OK) {
      addTo(this.#counters, xdpCounters.index.xdpDropped + status, 1);
      return 0;
    }
    const size = answerer.answer(codec.messageOffset, codec.querySize, codec.messageOffset);
    return size === 0 ? 0 : codec.close(size);
  }

  /** What the kernel cannot send now stays in the ring for the next time. */
  #kick(queue: Queue): void {
    for (let i = 0; i < kickCountMax; i++) {
      addTo(this.#counters, xdpCounters.index.xdpWakeups, 1);
      if (this.#libc.sendto(queue.fd, 0, 0, c.MSG_DONTWAIT, 0, 0) >= 0) return;
      const errno = this.#libc.errno();
      // EBUSY: the device refused one packet, which counts as sent.
      if (errno !== c.EAGAIN) this.#countSendError(errno);
      if (errno !== c.EAGAIN && errno !== c.EBUSY) return;
      if (queue.transmit.pending() === 0) return;
    }
  }

  /** Until a packet comes. Also sends what waits in transmit rings. */
  #wait(timeoutMs: number): void {
    const count = this.#queues.length;
    if (this.#libc.poll(this.#base + this.#pollEntries, count, timeoutMs) <= 0) return;
    for (let i = 0; i < count; i++) {
      const entry = this.#pollEntries + i * layout.pollEntry.size + layout.pollEntry.revents;
      if ((this.arena.view.getUint16(entry, true) & ~c.POLLIN) === 0) continue;
      // The interface is gone: polling would return at once, for ever.
      addTo(this.#counters, xdpCounters.index.receiveErrors, 1);
      Atomics.wait(this.#pause, 0, 0, timeoutMs);
      return;
    }
  }

  #countSendError(errno: number): void {
    const known = [c.ENOBUFS, c.EAGAIN, c.EPERM, c.EINVAL].indexOf(errno);
    const series = known < 0 ? sendErrors.length - 1 : known;
    addTo(this.#counters, xdpCounters.index.sendErrors + series, 1);
  }

  #prepare(socket: XdpSocket, index: number): Queue {
    const entry = this.#pollEntries + index * layout.pollEntry.size;
    this.arena.view.setInt32(entry + layout.pollEntry.fd, socket.fd, true);
    this.arena.view.setUint16(entry + layout.pollEntry.events, c.POLLIN, true);
    const queueCount = this.#sockets.length;
    const queue: Queue = {
      fd: socket.fd,
      frames: layout.framesOf(index),
      record: layout.recordOf(index, queueCount) >> 2,
      receive: new Ring(this.#libc, socket.receive, { entrySize: 16, isProducer: false }),
      transmit: new Ring(this.#libc, socket.transmit, { entrySize: 16, isProducer: true }),
      fill: new Ring(this.#libc, socket.fill, { entrySize: 8, isProducer: true }),
      completion: new Ring(this.#libc, socket.completion, { entrySize: 8, isProducer: false }),
    };
    this.#recover(queue);
    return queue;
  }

  /** Frames of packets that a worker held when it died; the packets are lost. */
  #recover({ record, fill }: Queue): void {
    const words = this.#words;
    const count = words[record + layout.record.heldCount] as number;
    for (let i = 0; i < count; i++) {
      const held = record + layout.record.held + i * layout.record.wordsPerPacket;
      fill.words[fill.entryAt(i)] = (words[held] as number) & frameMask;
    }
    words[record + layout.record.heldCount] = 0;
    fill.produce(count);
  }
}

/** In words, from the start of `struct xdp_desc` (address u64, size u32, options u32). */
const descriptorSize = 2;
