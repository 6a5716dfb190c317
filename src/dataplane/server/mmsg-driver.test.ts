/** The driver over a C library that does what the test says. */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { suite, test } from "node:test";
import { runInNewContext } from "node:vm";
import { createCounterBlock } from "../../telemetry/counters.ts";
import { EAGAIN, EINTR, ENOBUFS, EPERM } from "./libc.ts";
import type { Libc } from "./libc.ts";
import { MmsgDriver } from "./mmsg-driver.ts";
import { batchCount, header, layoutMmsgMemory, vector } from "./mmsg-layout.ts";
import { udpCounters } from "./worker-counters.ts";

const responseSizeMax = 512;
const memory = { address: 0x7000_0000_0000, responseSizeMax };

/** One listener's kernel: receives batches of a given size, and sends as a script says. */
class FakeKernel {
  readonly buffer = new ArrayBuffer(layoutMmsgMemory(1, responseSizeMax).size);
  readonly view = new DataView(this.buffer);
  /** Of each batch still to come. */
  batches: number[] = [];
  /** What sendmmsg does, call by call: messages taken, or minus an errno; then it takes all. */
  sends: number[] = [];
  /** First octet of each message sent, in order. */
  readonly sent: number[] = [];
  #errno = 0;
  #next = 0;

  /** Times slept, in microseconds. */
  readonly naps: number[] = [];

  readonly libc = {
    prctl: () => 0,
    usleep: (microseconds: number) => this.naps.push(microseconds),
    view: () => this.buffer,
    errno: () => this.#errno,
    poll: () => 0,
    recvmmsg: (_fd: number, headers: number) => this.#receive(headers - memory.address),
    sendmmsg: (_fd: number, headers: number, count: number) =>
      this.#send(headers - memory.address, count),
  } as unknown as Libc;

  #receive(headers: number): number {
    const count = this.batches.shift();
    if (count === undefined) return this.#fail(EAGAIN);
    for (let i = 0; i < count; i++) {
      const at = headers + i * header.size;
      this.view.setUint8(this.#data(at), this.#next++);
      this.view.setUint32(at + header.messageSize, 20, true);
    }
    return count;
  }

  #send(headers: number, count: number): number {
    const step = this.sends.shift() ?? count;
    if (step < 0) return this.#fail(-step);
    for (let i = 0; i < step; i++) {
      this.sent.push(this.view.getUint8(this.#data(headers + i * header.size)));
    }
    return step;
  }

  /** Where the only buffer of a message is. */
  #data(at: number): number {
    const iovec = this.#pointer(at + header.vectors);
    return this.#pointer(iovec + vector.base);
  }

  #pointer(at: number): number {
    return Number(this.view.getBigUint64(at, true)) - memory.address;
  }

  #fail(errno: number): number {
    this.#errno = errno;
    return -1;
  }
}

/** Runs a driver over a kernel until it has nothing more to receive. */
function run(kernel: FakeKernel, isDropped: (first: number) => boolean = () => false) {
  const counters = createCounterBlock(udpCounters);
  const listeners = [{ fd: 3, isIpv6: false, isUnspecified: false }];
  const driver = new MmsgDriver(kernel.libc, { listeners, memory, counters, coalesceUs: 100 });
  const { bytes } = driver.arena;
  const answerer = {
    answer(query: number, size: number, response: number) {
      if (isDropped(bytes[query] as number)) return 0;
      bytes.copyWithin(response, query, query + size);
      return size;
    },
  };
  driver.run(answerer, { nextBatch: () => kernel.batches.length > 0 });
  return counters;
}

suite("MmsgDriver", () => {
  test("sends what is left after sendmmsg took a part", () => {
    const kernel = new FakeKernel();
    kernel.batches = [10];
    kernel.sends = [4, -EINTR, 1];
    run(kernel);
    assert.deepEqual(kernel.sent, numbers(10));
  });

  test("skips a message that cannot be sent, and counts it by its error", () => {
    const kernel = new FakeKernel();
    kernel.batches = [5];
    kernel.sends = [2, -ENOBUFS, 1, -EPERM];
    const counters = run(kernel);
    assert.deepEqual(kernel.sent, [0, 1, 3]);
    const first = udpCounters.index.sendErrors;
    assert.deepEqual(Array.from(counters.slice(first, first + 5)), [1, 0, 1, 0, 0]);
  });

  test("gives a batch up while the socket's buffer stays full", () => {
    const kernel = new FakeKernel();
    kernel.batches = [5, 2];
    kernel.sends = [1, -EAGAIN];
    const counters = run(kernel);
    assert.deepEqual(kernel.sent, [0, 5, 6]);
    assert.equal(counters[udpCounters.index.sendErrors + 1], 4);
  });

  test("sends the responses of a batch without gaps", () => {
    const kernel = new FakeKernel();
    kernel.batches = [64, 64, 3];
    run(kernel, (first) => first % 3 === 0);
    assert.deepEqual(
      kernel.sent,
      numbers(131).filter((n) => n % 3 !== 0),
    );
  });

  test("lets queries gather after a batch of several, not after a full one or a lone query", () => {
    const kernel = new FakeKernel();
    kernel.batches = [1, 2, 3, 4, batchCount, 7];
    run(kernel);
    assert.deepEqual(kernel.naps, [100, 100]);
  });

  test("allocates nothing for a query", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const kernel = new FakeKernel();
    const first = kernel.libc.recvmmsg;
    Object.assign(kernel.libc, {
      // Sizes and addresses stay as the first batch left them.
      recvmmsg: (fd: number, headers: number, ...rest: [number, number, number]) =>
        kernel.batches.length === 1
          ? first(fd, headers, ...rest)
          : (kernel.batches.pop() as number),
      sendmmsg: (_fd: number, _headers: number, count: number) => count,
    });
    const runBatches = (count: number) => {
      kernel.batches = Array.from({ length: count }, () => batchCount);
      const before = process.memoryUsage().heapUsed;
      run(kernel);
      return process.memoryUsage().heapUsed - before;
    };
    for (let i = 0; i < 3; i++) runBatches(10_000);
    collect();
    const octets = runBatches(10_000);
    const perQuery = octets / (10_000 * batchCount);
    assert.ok(perQuery < 1, `${perQuery} octets a query`);
  });
});

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
