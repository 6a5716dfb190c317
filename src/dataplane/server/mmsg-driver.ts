import type { CounterBlock } from "../../telemetry/counters.ts";
import { batchCountMin } from "./driver.ts";
import type { Answerer, BatchControl, PacketArena } from "./driver.ts";
import * as c from "./libc.ts";
import type { Libc } from "./libc.ts";
import * as layout from "./mmsg-layout.ts";
import type { MmsgLayout } from "./mmsg-layout.ts";
import { addTo, sendErrors, udpCounters } from "./worker-counters.ts";

/** A bound UDP socket of one worker. */
export type MmsgListener = {
  fd: number;
  isIpv6: boolean;
  /** Bound to a wildcard address: the packet tells which address was asked. */
  isUnspecified: boolean;
};

export type MmsgMemory = { address: number; responseSizeMax: number };

type Listener = MmsgListener & {
  /** In the order of the options. */
  index: number;
  receiveHeaders: number;
  sendHeaders: number;
  /** Octets that the kernel may write to an address and to control messages. */
  nameSize: number;
  controlSize: number;
};

const pollTimeoutMs = 10;
/** Nanoseconds that a sleep may be late by; the default of 50 µs would add half of it. */
const timerSlackNs = 1_000;
const drainBatchCountMax = 32;

/**
 * UDP over recvmmsg(2) and sendmmsg(2): one thread that blocks in the kernel instead of an event
 * loop, and up to `batchCount` datagrams a system call.
 */
export class MmsgDriver {
  readonly arena: PacketArena;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #libc: Libc;
  readonly #base: number;
  readonly #layout: MmsgLayout;
  readonly #listeners: readonly Listener[];
  readonly #counters: CounterBlock;
  readonly #coalesceUs: number;

  /** `memory` must be zeroed or left from an earlier driver over the same listeners. */
  constructor(
    libc: Libc,
    options: {
      listeners: readonly MmsgListener[];
      memory: MmsgMemory;
      counters: CounterBlock;
      /** How long queries may gather under load before they are received; 0: not at all. */
      coalesceUs: number;
    },
  ) {
    const { listeners, memory, counters, coalesceUs } = options;
    this.#coalesceUs = coalesceUs;
    this.#libc = libc;
    this.#base = memory.address;
    this.#counters = counters;
    this.#layout = layout.layoutMmsgMemory(listeners.length, memory.responseSizeMax);
    const buffer = libc.view(memory.address, this.#layout.size);
    this.arena = { bytes: new Uint8Array(buffer), view: new DataView(buffer) };
    this.#words = new Uint32Array(buffer);
    this.#listeners = listeners.map((listener, i) => this.#prepare(listener, i));
  }

  /** Answers until `control` says stop, then what has been received by then. */
  run(answerer: Answerer, control: BatchControl): void {
    const only = this.#listeners.length === 1 ? this.#listeners[0] : undefined;
    if (this.#coalesceUs > 0) this.#libc.prctl(c.PR_SET_TIMERSLACK, timerSlackNs, 0, 0, 0);
    while (control.nextBatch()) {
      const count = only
        ? this.#receive(only, answerer, c.MSG_WAITFORONE)
        : this.#pollAndReceive(answerer, pollTimeoutMs);
      this.#coalesce(count);
    }
    for (let i = 0; i < drainBatchCountMax; i++) {
      if (this.#pollAndReceive(answerer, 0) === 0) return;
    }
  }

  /**
   * Lets queries gather after a batch of `count`. Under load a system call and a waking client then
   * serve several times as many (measured: 10 % less CPU time a query, bench/cpu-per-query.ts); a
   * full batch says that more are there already.
   */
  #coalesce(count: number): void {
    if (count < batchCountMin || count === layout.batchCount || this.#coalesceUs === 0) return;
    this.#libc.usleep(this.#coalesceUs);
  }

  /** Several sockets cost one more system call a turn. @returns the most that one of them had */
  #pollAndReceive(answerer: Answerer, timeoutMs: number): number {
    const entries = this.#layout.pollEntries;
    const count = this.#listeners.length;
    if (this.#libc.poll(this.#base + entries, count, timeoutMs) <= 0) return 0;
    let most = 0;
    for (let i = 0; i < count; i++) {
      const revents = entries + i * layout.pollEntry.size + layout.pollEntry.revents;
      if (this.arena.view.getUint16(revents, true) === 0) continue;
      const received = this.#receive(this.#listeners[i] as Listener, answerer, c.MSG_DONTWAIT);
      if (received > most) most = received;
    }
    return most;
  }

  /** @returns how many queries were received */
  #receive(listener: Listener, answerer: Answerer, flags: number): number {
    const headers = this.#base + listener.receiveHeaders;
    const count = this.#libc.recvmmsg(listener.fd, headers, layout.batchCount, flags, 0);
    if (count <= 0) {
      this.#onReceiveError();
      return 0;
    }
    addTo(this.#counters, udpCounters.index.batches, 1);
    answerer.listen?.(listener.index);
    const responseCount = this.#answerAll(listener, answerer, count);
    if (responseCount > 0) this.#send(listener, responseCount);
    return count;
  }

  /**
   * Answers `count` received queries, each in its slot; the responses stand packed at the front of
   * the slots. (In place: a second slot for the response would be as much again to bring into the cache.)
   */
  #answerAll(listener: Listener, answerer: Answerer, count: number): number {
    const words = this.#words;
    const { slots, slotSize } = this.#layout;
    let responses = 0;
    if (count >= batchCountMin && answerer.announce) {
      for (let i = 0; i < count; i++) answerer.announce(slots + i * slotSize + layout.slotHeadSize);
    }
    for (let i = 0; i < count; i++) {
      const header = listener.receiveHeaders + i * layout.header.size;
      const querySize = words[(header + layout.header.messageSize) >> 2] as number;
      words[(header + layout.header.nameSize) >> 2] = listener.nameSize;
      if (listener.controlSize !== 0) {
        words[(header + layout.header.controlSize) >> 2] = layout.controlRoom;
      }
      if (querySize === layout.queryRoom) {
        addTo(this.#counters, udpCounters.index.oversized, 1);
        continue;
      }
      const query = slots + i * slotSize + layout.slotHeadSize;
      const size = answerer.answer(query, querySize, query);
      if (size === 0) continue;
      if (i !== responses) this.#moveUp(i, responses, size);
      if (listener.controlSize !== 0) {
        layout.freeInterface(this.arena.view, slots + responses * slotSize, listener.isIpv6);
      }
      const sendVector = listener.sendHeaders + sendVectorsAfterSendHeaders;
      const length = sendVector + responses * layout.vector.size + layout.vector.length;
      words[length >> 2] = size;
      responses++;
    }
    return responses;
  }

  /**
   * Header and vector of a response are fixed to the slot of the same number, so after a drop the
   * response moves up, with its slot's head (control, address).
   */
  #moveUp(from: number, to: number, size: number): void {
    const { slots, slotSize } = this.#layout;
    const source = slots + from * slotSize;
    const end = source + layout.slotHeadSize + size;
    this.arena.bytes.copyWithin(slots + to * slotSize, source, end);
  }

  /**
   * sendmmsg stops at the first message that fails; that one is counted and skipped. The socket
   * blocks while its buffer is full; EAGAIN says it stayed full, so the rest would fail as well.
   */
  #send(listener: Listener, count: number): void {
    let sent = 0;
    while (sent < count) {
      const headers = this.#base + listener.sendHeaders + sent * layout.header.size;
      const done = this.#libc.sendmmsg(listener.fd, headers, count - sent, 0);
      if (done > 0) {
        sent += done;
        continue;
      }
      const errno = this.#libc.errno();
      if (errno === c.EINTR) continue;
      const skipped = errno === c.EAGAIN ? count - sent : 1;
      this.#countSendErrors(errno, skipped);
      sent += skipped;
    }
  }

  #onReceiveError(): void {
    const errno = this.#libc.errno();
    if (errno === c.EAGAIN || errno === c.EINTR) return;
    addTo(this.#counters, udpCounters.index.receiveErrors, 1);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollTimeoutMs);
  }

  #countSendErrors(errno: number, count: number): void {
    let series = sendErrors.length - 1;
    if (errno === c.ENOBUFS) series = 0;
    if (errno === c.EAGAIN) series = 1;
    if (errno === c.EPERM) series = 2;
    if (errno === c.EINVAL) series = 3;
    addTo(this.#counters, udpCounters.index.sendErrors + series, count);
  }

  #prepare(listener: MmsgListener, index: number): Listener {
    const block = this.#layout.listeners + index * this.#layout.listenerSize;
    const poll = this.#layout.pollEntries + index * layout.pollEntry.size;
    this.arena.view.setInt32(poll + layout.pollEntry.fd, listener.fd, true);
    this.arena.view.setUint16(poll + layout.pollEntry.events, c.POLLIN, true);
    const prepared: Listener = {
      ...listener,
      index,
      receiveHeaders: block + layout.listenerBlock.receiveHeaders,
      sendHeaders: block + layout.listenerBlock.sendHeaders,
      nameSize: listener.isIpv6 ? 28 : 16,
      controlSize: controlSizeOf(listener),
    };
    for (let i = 0; i < layout.batchCount; i++) this.#prepareMessage(prepared, block, i);
    return prepared;
  }

  #prepareMessage(listener: Listener, block: number, i: number): void {
    const slot = this.#layout.slots + i * this.#layout.slotSize;
    const vectorOffset = i * layout.vector.size;
    this.#writeHeader(listener.receiveHeaders + i * layout.header.size, {
      slot,
      nameSize: listener.nameSize,
      controlSize: listener.controlSize === 0 ? 0 : layout.controlRoom,
      vector: block + layout.listenerBlock.receiveVectors + vectorOffset,
      data: slot + layout.slotHeadSize,
      dataSize: layout.queryRoom,
    });
    this.#writeHeader(listener.sendHeaders + i * layout.header.size, {
      slot,
      nameSize: listener.nameSize,
      controlSize: listener.controlSize,
      vector: block + layout.listenerBlock.sendVectors + vectorOffset,
      data: slot + layout.slotHeadSize,
      dataSize: 0,
    });
  }

  #writeHeader(offset: number, fields: HeaderFields): void {
    this.#writePointer(offset + layout.header.name, fields.slot + layout.controlRoom);
    this.#writeNumber(offset + layout.header.nameSize, fields.nameSize);
    this.#writePointer(offset + layout.header.vectors, fields.vector);
    this.#writeNumber(offset + layout.header.vectorCount, 1);
    if (fields.controlSize !== 0) this.#writePointer(offset + layout.header.control, fields.slot);
    this.#writeNumber(offset + layout.header.controlSize, fields.controlSize);
    this.#writePointer(fields.vector + layout.vector.base, fields.data);
    this.#writeNumber(fields.vector + layout.vector.length, fields.dataSize);
  }

  #writePointer(offset: number, target: number): void {
    this.#writeNumber(offset, this.#base + target);
  }

  #writeNumber(offset: number, value: number): void {
    this.arena.view.setBigUint64(offset, BigInt(value), true);
  }
}

type HeaderFields = {
  slot: number;
  nameSize: number;
  controlSize: number;
  vector: number;
  data: number;
  dataSize: number;
};

const sendVectorsAfterSendHeaders =
  layout.listenerBlock.sendVectors - layout.listenerBlock.sendHeaders;

function controlSizeOf(listener: MmsgListener): number {
  if (!listener.isUnspecified) return 0;
  return listener.isIpv6 ? layout.control.ipv6Size : layout.control.ipv4Size;
}
