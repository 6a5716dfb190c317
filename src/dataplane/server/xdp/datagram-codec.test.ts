import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { suite, test } from "node:test";
import { runInNewContext } from "node:vm";
import { parseIp } from "../../../base/ip.ts";
import { seededRandom } from "../../../base/random.ts";
import { xdpDropReasons } from "../worker-counters.ts";
import { DatagramCodec, OPENED } from "./datagram-codec.ts";
import { frameSize, packetOffsetMax, receiveOffset } from "./xdp-layout.ts";

const frame = frameSize;
const packet = frame + receiveOffset;
const macs = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

type Family = 4 | 6;

const addresses = {
  4: { from: "192.0.2.1", to: "198.51.100.53" },
  6: { from: "2001:db8::1", to: "2001:db8:ffff::53" },
} as const;

function octets(text: string): number[] {
  return [...(parseIp(text) ?? [])];
}

function u16(value: number): number[] {
  return [value >> 8, value & 255];
}

/** RFC 1071 by its words. */
function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

type Checksum = "right" | "none" | "partial";

/** A frame with a datagram; the checksum as asked. */
function frameOf(family: Family, message: readonly number[], kind: Checksum = "right"): number[] {
  const { from, to } = addresses[family];
  const size = 8 + message.length;
  const pseudo = [...octets(from), ...octets(to), ...u16(17), ...u16(size)];
  const head = [...u16(4000), ...u16(53), ...u16(size)];
  const sum = {
    right: checksum([...pseudo, ...head, 0, 0, ...message]) || 0xffff,
    none: 0,
    // What the kernel leaves for hardware: the pseudo-header's sum, not complemented.
    partial: ~checksum(pseudo) & 0xffff,
  }[kind];
  const datagram = [...head, ...u16(sum), ...message];
  if (family === 6) {
    const ip = [0x60, 1, 2, 3, ...u16(size), 17, 50, ...octets(from), ...octets(to)];
    return [...macs, 0x86, 0xdd, ...ip, ...datagram];
  }
  const ends = [...octets(from), ...octets(to)];
  const start = [0x45, 0, ...u16(20 + size), 1, 2, 0x40, 0, 50, 17];
  const ip = [...start, ...u16(checksum([...start, 0, 0, ...ends])), ...ends];
  return [...macs, 0x08, 0x00, ...ip, ...datagram];
}

function codecWith(bytes: readonly number[]) {
  const memory = new Uint8Array(3 * frameSize).fill(0xee);
  memory.set(bytes, packet);
  return { memory, codec: new DatagramCodec(memory, 0xffff) };
}

const message = Array.from({ length: 33 }, (_, i) => i);

suite("DatagramCodec", () => {
  for (const family of [4, 6] as const) {
    for (const kind of ["right", "partial"] as const) {
      test(`open() finds query and sender in IPv${family}, checksum ${kind}`, () => {
        const { memory, codec } = codecWith(frameOf(family, message, kind));
        const size = frameOf(family, message).length;
        assert.equal(codec.open(frame, packet, size), OPENED.OK);
        const { messageOffset: queryOffset, querySize } = codec;
        assert.deepEqual([...memory.slice(queryOffset, queryOffset + querySize)], message);
        const client = memory.slice(queryOffset - 32, queryOffset);
        const ip = octets(addresses[family].from);
        const start = family === 4 ? 4 : 8;
        assert.deepEqual([...client.slice(0, 4)], [family === 4 ? 2 : 10, 0, ...u16(4000)]);
        assert.deepEqual([...client.slice(start, start + ip.length)], ip);
      });
    }

    test(`close() completes an answer over IPv${family} that the other side takes`, () => {
      for (const answerSize of [12, 13, 512, 1233]) {
        const { memory, codec } = codecWith(frameOf(family, message));
        codec.open(frame, packet, frameOf(family, message).length);
        for (let i = 0; i < answerSize; i++) memory[codec.messageOffset + i] = i * 7;
        const size = codec.close(answerSize);
        assert.equal(packet + size, codec.messageOffset + answerSize);
        const sent = memory.slice(packet, packet + size);
        assert.deepEqual([...sent.slice(0, 12)], [...macs.slice(6), ...macs.slice(0, 6)]);
        // Opened by another: every length and checksum is right, and ends are swapped.
        const other = codecWith([...sent]);
        assert.equal(other.codec.open(frame, packet, size), OPENED.OK, `${answerSize} octets`);
        assert.equal(other.codec.querySize, answerSize);
        const back = other.memory.slice(other.codec.messageOffset - 32, other.codec.messageOffset);
        const ip = octets(addresses[family].to);
        assert.deepEqual([...back.slice(2, 4)], u16(53));
        assert.deepEqual([...back.slice(family === 4 ? 4 : 8)].slice(0, ip.length), ip);
      }
    });
  }

  test("close() sends a checksum of zero as all ones", () => {
    for (const family of [4, 6] as const) {
      const { memory, codec } = codecWith(frameOf(family, message));
      codec.open(frame, packet, frameOf(family, message).length);
      memory.fill(0, codec.messageOffset, codec.messageOffset + 12);
      codec.close(12);
      const at = codec.messageOffset - 2;
      const first = ((memory[at] as number) << 8) | (memory[at + 1] as number);
      // The sum of all else is the complement of what was just written: with it as data it is zero.
      memory.set(u16(first), codec.messageOffset);
      codec.close(12);
      assert.deepEqual([...memory.slice(at, at + 2)], [0xff, 0xff]);
    }
  });

  test("close() numbers IPv4 packets, and its header's checksum is right for every number", () => {
    const { memory, codec } = codecWith(frameOf(4, message));
    codec.open(frame, packet, frameOf(4, message).length);
    const seen = new Set<number>();
    for (let i = 0; i < 0x1_0000; i++) {
      codec.close(12);
      const ip = packet + 14;
      seen.add(((memory[ip + 4] as number) << 8) | (memory[ip + 5] as number));
      if (i % 97 === 0) assert.equal(checksum([...memory.slice(ip, ip + 20)]), 0);
    }
    assert.equal(seen.size, 0x1_0000);
  });

  test("open() takes IPv4 without a checksum, and not IPv6", () => {
    const open = (family: Family) => {
      const bytes = frameOf(family, message, "none");
      return codecWith(bytes).codec.open(frame, packet, bytes.length);
    };
    assert.deepEqual([open(4), open(6)], [OPENED.OK, OPENED.UDP_CHECKSUM]);
  });

  test("open() refuses each single wrong octet of a packet, but for some that may differ", () => {
    // MAC addresses, the TTL's like in IPv6, traffic class and flow label; IPv4's are summed.
    const free = {
      4: [[0, 12]],
      6: [
        [0, 12],
        [15, 18],
        [21, 22],
      ],
    } as const;
    for (const family of [4, 6] as const) {
      const right = frameOf(family, message);
      for (let at = 0; at < right.length; at++) {
        if (free[family].some(([from, to]) => at >= from && at < to)) continue;
        const wrong = right.slice();
        wrong[at] = (right[at] as number) ^ 0x41;
        const status = codecWith(wrong).codec.open(frame, packet, wrong.length);
        // The next header of IPv6 has been looked at by the program in the kernel, and is summed.
        if (family === 6 && at === 20) continue;
        assert.notEqual(status, OPENED.OK, `IPv${family}, octet ${at}`);
      }
      for (let size = 0; size < right.length; size++) {
        assert.equal(codecWith(right).codec.open(frame, packet, size), OPENED.LENGTH);
      }
    }
  });

  test("open() stays inside the packet and finds a reason for whatever is there", () => {
    const random = seededRandom(3);
    const counts = new Map<number, number>();
    for (let i = 0; i < 50_000; i++) {
      const family = (i & 1) === 0 ? 4 : 6;
      const bytes = frameOf(family, message, (i & 2) === 0 ? "right" : "none");
      for (let n = random.uint32() % 4; n > 0; n--) {
        bytes[random.uint32() % bytes.length] = random.uint32() & 255;
      }
      const size = random.uint32() % 8 === 0 ? random.uint32() % bytes.length : bytes.length;
      const { codec } = codecWith(bytes);
      const status = codec.open(frame, packet, size);
      counts.set(status, (counts.get(status) ?? 0) + 1);
      if (status !== OPENED.OK) continue;
      assert.ok(codec.messageOffset >= packet + 42);
      assert.ok(codec.messageOffset + codec.querySize <= packet + size);
    }
    assert.equal(counts.size, xdpDropReasons.length + 1, [...counts].join(" "));
  });

  test("open() leaves a packet so far back in its frame that an answer might not fit", () => {
    const bytes = frameOf(6, message);
    const open = (offset: number) => {
      const { memory, codec } = codecWith([]);
      memory.set(bytes, frame + offset);
      return codec.open(frame, frame + offset, bytes.length);
    };
    assert.deepEqual([packetOffsetMax, packetOffsetMax + 2, receiveOffset + 1].map(open), [
      OPENED.OK,
      OPENED.LENGTH,
      OPENED.LENGTH,
    ]);
  });

  test("allocates nothing for a packet", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const cases = ([4, 6] as const).map((family) => {
      const bytes = Uint8Array.from(frameOf(family, message));
      return { bytes, ...codecWith([]) };
    });
    const packets = 200_000;
    const run = () => {
      for (let i = 0; i < packets; i++) {
        const { bytes, memory, codec } = cases[i & 1] as (typeof cases)[0];
        memory.set(bytes, packet);
        codec.open(frame, packet, bytes.length);
        codec.close(100);
      }
    };
    run();
    collect();
    const before = process.memoryUsage().heapUsed;
    run();
    const perPacket = (process.memoryUsage().heapUsed - before) / packets;
    assert.ok(perPacket < 1, `${perPacket} octets a packet`);
  });
});
