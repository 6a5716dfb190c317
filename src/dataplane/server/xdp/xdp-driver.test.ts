/** The driver over rings whose other side is played by the test. */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { suite, test } from "node:test";
import { runInNewContext } from "node:vm";
import { xdpFrameCount } from "../../../base/limits.ts";
import { createCounterBlock } from "../../../telemetry/counters.ts";
import { EAGAIN, EBUSY, ENOBUFS } from "../libc.ts";
import type { Libc } from "../libc.ts";
import { xdpCounters } from "../worker-counters.ts";
import type { RingMapping } from "./ring.ts";
import { XdpDriver } from "./xdp-driver.ts";
import { framesOf, frameSize, pollEntriesOf, receiveOffset, xdpMemorySize } from "./xdp-layout.ts";
import type { XdpSocket } from "./xdp-socket.ts";

const memoryAddress = 0x7000_0000_0000;
const ring = { producer: 0, consumer: 16, flags: 32, entries: 48 } as const;
const queryMark = 28 + 14;

/** The kernel's side of one ring, in words. */
class FakeRing {
  readonly words: Int32Array<ArrayBuffer>;
  readonly mapping: RingMapping;
  readonly #wordsPerEntry: number;

  constructor(address: number, wordsPerEntry: 2 | 4) {
    this.#wordsPerEntry = wordsPerEntry;
    this.words = new Int32Array(ring.entries + xdpFrameCount * wordsPerEntry);
    this.mapping = {
      address,
      size: this.words.byteLength,
      producer: ring.producer * 4,
      consumer: ring.consumer * 4,
      flags: ring.flags * 4,
      descriptors: ring.entries * 4,
      entryCount: xdpFrameCount,
    };
  }

  get count(): number {
    return ((this.words[ring.producer] as number) - (this.words[ring.consumer] as number)) | 0;
  }

  push(address: number, size = 0): void {
    const at = this.#entry(ring.producer);
    this.words[at] = address;
    if (this.#wordsPerEntry === 4) this.words[at + 2] = size;
    assert.ok(this.count <= xdpFrameCount, "a ring never overflows");
  }

  pop(): { address: number; size: number } {
    assert.ok(this.count > 0, "there is an entry");
    const at = this.#entry(ring.consumer);
    return { address: this.words[at] as number, size: this.words[at + 2] as number };
  }

  /** Frames that entries stand for, without taking them. */
  frames(): number[] {
    const from = this.words[ring.consumer] as number;
    return Array.from({ length: this.count }, (_, i) => {
      const index = (from + i) & (xdpFrameCount - 1);
      return (this.words[ring.entries + index * this.#wordsPerEntry] as number) & -frameSize;
    });
  }

  #entry(position: number): number {
    const index = this.words[position] as number;
    this.words[position] = (index + 1) | 0;
    return ring.entries + (index & (xdpFrameCount - 1)) * this.#wordsPerEntry;
  }
}

class FakeQueue {
  readonly fill: FakeRing;
  readonly receive: FakeRing;
  readonly transmit: FakeRing;
  readonly completion: FakeRing;
  readonly socket: XdpSocket;
  readonly rings: ReadonlyMap<number, FakeRing>;

  constructor(queue: number) {
    const base = 0x10_0000 * (queue + 1);
    this.fill = new FakeRing(base, 2);
    this.receive = new FakeRing(base + 1, 4);
    this.transmit = new FakeRing(base + 2, 4);
    this.completion = new FakeRing(base + 3, 2);
    for (let i = 0; i < xdpFrameCount; i++) this.fill.push(i * frameSize);
    this.transmit.words[ring.flags] = 1;
    const all = [this.fill, this.receive, this.transmit, this.completion];
    this.rings = new Map(all.map((each) => [each.mapping.address, each]));
    const { fill, receive, transmit, completion } = this;
    this.socket = {
      fd: 100 + queue,
      queue,
      fill: fill.mapping,
      receive: receive.mapping,
      transmit: transmit.mapping,
      completion: completion.mapping,
    };
  }

  /** Every frame is in one ring. */
  assertWhole(): void {
    const { fill, receive, transmit, completion } = this;
    const frames = [fill, receive, transmit, completion].flatMap((each) => each.frames());
    const want = Array.from({ length: xdpFrameCount }, (_, i) => i * frameSize);
    assert.deepEqual(
      frames.toSorted((a, b) => a - b),
      want,
    );
  }
}

class FakeKernel {
  readonly queues: FakeQueue[];
  readonly buffer: ArrayBuffer;
  readonly bytes: Uint8Array;
  /** Marks of the packets sent, in order. */
  readonly sent: number[] = [];
  /** What sendto does, call by call: packets sent at most, or minus an errno; then it sends all. */
  sends: number[] = [];
  /** What poll says of the first queue. */
  revents = 0;
  pollCount = 0;
  readonly sleeps: number[] = [];
  #errno = 0;

  constructor(queueCount = 1) {
    this.queues = Array.from({ length: queueCount }, (_, i) => new FakeQueue(i));
    this.buffer = new ArrayBuffer(xdpMemorySize(queueCount));
    this.bytes = new Uint8Array(this.buffer);
  }

  readonly libc = {
    view: (address: number) => {
      if (address === memoryAddress) return this.buffer;
      const found = this.queues.find(({ rings }) => rings.has(address))?.rings.get(address);
      return found?.words.buffer;
    },
    errno: () => this.#errno,
    poll: () => this.#poll(),
    sendto: (fd: number) => this.#send(fd - 100),
    recvfrom: () => 0,
    prctl: () => 0,
    usleep: (microseconds: number) => this.sleeps.push(microseconds),
  } as unknown as Libc;

  /** Puts a query with a mark into a frame of a queue. */
  deliver(queueIndex: number, mark: number): void {
    const queue = this.queues[queueIndex] as FakeQueue;
    const { address } = queue.fill.pop();
    const packet = queryPacket(mark);
    this.bytes.set(packet, framesOf(queueIndex) + address + receiveOffset);
    queue.receive.push(address + receiveOffset, packet.length);
  }

  #poll(): number {
    this.pollCount++;
    const view = new DataView(this.buffer);
    view.setUint16(pollEntriesOf(this.queues.length) + 6, this.revents, true);
    return this.revents === 0 ? 0 : 1;
  }

  #send(queueIndex: number): number {
    const queue = this.queues[queueIndex] as FakeQueue;
    const step = this.sends.shift() ?? xdpFrameCount;
    const errno = step < 0 ? -step : step < queue.transmit.count ? EAGAIN : 0;
    for (let i = 0; i < step && queue.transmit.count > 0; i++) this.#sendOne(queueIndex, queue);
    this.#errno = errno;
    return errno === 0 ? 0 : -1;
  }

  #sendOne(queueIndex: number, queue: FakeQueue): void {
    const { address, size } = queue.transmit.pop();
    const end = framesOf(queueIndex) + address + size;
    this.sent.push(this.bytes[end - 1] as number);
    queue.completion.push(address);
  }
}

/** From 192.0.2.1 to 192.0.2.2, without UDP checksum; 12 zeros, and the mark. */
function queryPacket(mark: number): Uint8Array {
  const packet = new Uint8Array(queryMark + 13);
  const view = new DataView(packet.buffer);
  view.setUint16(12, 0x0800);
  packet.set([0x45, 0, 0, 41, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2], 14);
  let sum = 0;
  for (let i = 14; i < 34; i += 2) sum += view.getUint16(i);
  view.setUint16(24, ~((sum & 0xffff) + (sum >> 16)));
  packet.set([0x10, 0, 0, 53, 0, 21, 0, 0], 34);
  packet[packet.length - 1] = mark;
  return packet;
}

type Running = {
  driver: XdpDriver;
  counters: ReturnType<typeof createCounterBlock>;
  run(turns: number): void;
};

/** A driver whose answer is the query; marks for which `isDropped` get none. */
function driverOver(
  kernel: FakeKernel,
  isDropped: (mark: number) => boolean = () => false,
): Running {
  const counters = createCounterBlock(xdpCounters);
  const queueCount = kernel.queues.length;
  const driver = new XdpDriver(kernel.libc, {
    sockets: kernel.queues.map(({ socket }) => socket),
    memory: { address: memoryAddress, queueCount },
    counters,
    coalesceUs: 100,
    identification: 0,
  });
  const { bytes } = driver.arena;
  const answerer = {
    answer(query: number, size: number, response: number) {
      if (isDropped(bytes[query + size - 1] as number)) return 0;
      bytes.copyWithin(response, query, query + size);
      return size;
    },
  };
  const run = (turns: number) => {
    let left = turns;
    driver.run(answerer, { nextBatch: () => left-- > 0 }, { leave: () => {} });
  };
  return { driver, counters, run };
}

const { index } = xdpCounters;

suite("XdpDriver", () => {
  test("answers more packets than there are frames, each frame in one place", () => {
    const kernel = new FakeKernel();
    const { counters, run } = driverOver(kernel, (mark) => mark % 5 === 0);
    const want: number[] = [];
    for (let batch = 0; batch < 60; batch++) {
      for (let i = 0; i < 100; i++) {
        const mark = (batch + i) % 251;
        kernel.deliver(0, mark);
        if (mark % 5 !== 0) want.push(mark);
      }
      run(2);
      kernel.queues[0]?.assertWhole();
    }
    assert.deepEqual(kernel.sent, want);
    assert.equal(counters[index.xdpPackets], 6_000);
    assert.equal(counters[index.batches], 120);
  });

  test("counts malformed packets and receives in their frames again", () => {
    const kernel = new FakeKernel();
    const { counters, run } = driverOver(kernel);
    kernel.deliver(0, 1);
    kernel.bytes[receiveOffset + 24] = 7;
    kernel.deliver(0, 2);
    run(1);
    assert.deepEqual(kernel.sent, [2]);
    assert.equal(counters[index.xdpDropped + 1], 1);
    kernel.queues[0]?.assertWhole();
  });

  test("serves all of its queues from their own frames", () => {
    const kernel = new FakeKernel(3);
    const { run } = driverOver(kernel);
    for (const queue of [0, 1, 2])
      for (let i = 0; i < 3; i++) kernel.deliver(queue, queue * 10 + i);
    run(1);
    assert.deepEqual(kernel.sent, [0, 1, 2, 10, 11, 12, 20, 21, 22]);
    for (const queue of kernel.queues) queue.assertWhole();
  });

  test("goes on where a worker that died has stopped", () => {
    const kernel = new FakeKernel();
    const first = driverOver(kernel, (mark) => {
      if (mark === 5) throw new Error("dies");
      return false;
    });
    for (let i = 0; i < 10; i++) kernel.deliver(0, i);
    assert.throws(() => first.run(1), /dies/);
    for (let i = 20; i < 23; i++) kernel.deliver(0, i);
    const second = driverOver(kernel);
    kernel.queues[0]?.assertWhole();
    second.run(1);
    assert.deepEqual(kernel.sent, [20, 21, 22]);
    kernel.queues[0]?.assertWhole();
  });

  test("wakes the kernel up again for what it has left, and counts what it refuses", () => {
    const kernel = new FakeKernel();
    const { counters, run } = driverOver(kernel);
    for (let i = 0; i < 10; i++) kernel.deliver(0, i);
    kernel.sends = [4, 4, -EBUSY];
    run(1);
    assert.deepEqual(kernel.sent, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.equal(counters[index.xdpWakeups], 4);
    assert.equal(counters[index.sendErrors + 4], 1);
    for (let i = 20; i < 23; i++) kernel.deliver(0, i);
    kernel.sends = [-ENOBUFS];
    run(1);
    assert.equal(counters[index.sendErrors], 1);
    kernel.deliver(0, 30);
    run(1);
    assert.deepEqual(kernel.sent.slice(10), [20, 21, 22, 30]);
    kernel.queues[0]?.assertWhole();
  });

  test("does not wake up a kernel that is awake", () => {
    const kernel = new FakeKernel();
    (kernel.queues[0] as FakeQueue).transmit.words[ring.flags] = 0;
    const { counters, run } = driverOver(kernel);
    kernel.deliver(0, 1);
    run(1);
    assert.equal(counters[index.xdpWakeups], 0);
    assert.equal(kernel.queues[0]?.transmit.count, 1);
  });

  test("waits when nothing comes, and pauses when its interface is gone", () => {
    const kernel = new FakeKernel();
    const { counters, run } = driverOver(kernel);
    run(3);
    assert.equal(kernel.pollCount, 3);
    kernel.revents = 8;
    const before = performance.now();
    run(3);
    assert.ok(performance.now() - before > 25);
    assert.equal(counters[index.receiveErrors], 3);
  });

  test("lets queries gather after a batch of several, not after few nor after a full one", () => {
    const kernel = new FakeKernel();
    const { run } = driverOver(kernel);
    const sleepsAfter = (count: number) => {
      for (let i = 0; i < count; i++) kernel.deliver(0, i);
      run(1);
      return kernel.sleeps.splice(0);
    };
    assert.deepEqual([3, 4, 63, 64].map(sleepsAfter), [[], [100], [100], []]);
  });

  test("allocates nothing for a query", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const kernel = new FakeKernel();
    const queue = kernel.queues[0] as FakeQueue;
    const packet = queryPacket(1);
    // Delivers and sends without a function call or an object of its own.
    const { fill, receive, transmit, completion } = queue;
    const mask = xdpFrameCount - 1;
    const deliver = () => {
      const from = fill.words[ring.consumer] as number;
      const to = receive.words[ring.producer] as number;
      const frame = fill.words[ring.entries + (from & mask) * 2] as number;
      kernel.bytes.set(packet, frame + receiveOffset);
      receive.words[ring.entries + (to & mask) * 4] = frame + receiveOffset;
      receive.words[ring.entries + (to & mask) * 4 + 2] = packet.length;
      fill.words[ring.consumer] = from + 1;
      receive.words[ring.producer] = to + 1;
    };
    Object.assign(kernel.libc, {
      sendto: () => {
        while (transmit.words[ring.consumer] !== transmit.words[ring.producer]) {
          const from = transmit.words[ring.consumer] as number;
          const to = completion.words[ring.producer] as number;
          completion.words[ring.entries + (to & mask) * 2] = transmit.words[
            ring.entries + (from & mask) * 4
          ] as number;
          transmit.words[ring.consumer] = from + 1;
          completion.words[ring.producer] = to + 1;
        }
        return 0;
      },
    });
    const { driver } = driverOver(kernel);
    const { bytes } = driver.arena;
    const answerer = {
      answer(query: number, size: number, response: number) {
        bytes.copyWithin(response, query, query + size);
        return size;
      },
    };
    const runBatches = (count: number) => {
      let left = count;
      const before = process.memoryUsage().heapUsed;
      const nextBatch = () => {
        for (let i = 0; i < 64; i++) deliver();
        return left-- > 0;
      };
      driver.run(answerer, { nextBatch }, { leave: () => {} });
      return process.memoryUsage().heapUsed - before;
    };
    runBatches(3_000);
    collect();
    const perQuery = runBatches(3_000) / (3_000 * 64);
    assert.ok(perQuery < 1, `${perQuery} octets a query`);
    queue.assertWhole();
  });
});
