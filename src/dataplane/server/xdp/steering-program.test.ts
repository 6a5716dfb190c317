/** The program in an interpreter of its few instructions; test/xdp/ runs it in the kernel. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseIp } from "../../../base/ip.ts";
import { XDP_DROP, XDP_PASS, assembleSteering, endpointKey } from "./steering-program.ts";

const mac = Uint8Array.from([0xda, 0x8b, 0x4b, 0x1f, 0xef, 0x99]);
const endpointsFd = 5;
const socketsFd = 6;
const REDIRECT = 4;
const queue = 3;

const code = assembleSteering({ endpointsFd, socketsFd, mac, frameSizeMax: 200 });

/** Addresses in one space: the context, the packet, the stack (r10 is its end). */
const at = { context: 0, packet: 100, stack: 4000, found: 5000 } as const;

/** What the program returns; a load outside of packet, context and stack throws. */
function run(packet: Uint8Array, isOurs: (key: Uint8Array) => boolean): number {
  const memory = new DataView(new ArrayBuffer(6000));
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(packet, at.packet);
  memory.setUint32(at.context, at.packet, true);
  memory.setUint32(at.context + 4, at.packet + packet.length, true);
  memory.setUint32(at.context + 16, queue, true);
  const r = new Float64Array(11);
  r[1] = at.context;
  r[10] = at.stack;
  const check = (address: number, size: number): void => {
    const isIn = (from: number, length: number) =>
      address >= from && address + size <= from + length;
    const isFine =
      isIn(at.context, 20) || isIn(at.packet, packet.length) || isIn(at.stack - 24, 24);
    assert.ok(isFine, `access to ${size} octets at ${address}, packet of ${packet.length}`);
  };
  const view = new DataView(code.buffer);
  for (let pc = 0, steps = 0; ; pc++, steps++) {
    assert.ok(steps < 200, "the program ends");
    const opcode = view.getUint8(pc * 8);
    const dst = view.getUint8(pc * 8 + 1) & 15;
    const src = view.getUint8(pc * 8 + 1) >> 4;
    const offset = view.getInt16(pc * 8 + 2, true);
    const immediate = view.getInt32(pc * 8 + 4, true);
    const d = r[dst] as number;
    const s = r[src] as number;
    const size = ({ 0x00: 4, 0x08: 2, 0x10: 1 } as Record<number, number>)[opcode & 0x18] ?? 0;
    switch (opcode) {
      case 0x18:
        r[dst] = immediate;
        pc++;
        break;
      case 0x61:
      case 0x69:
      case 0x71:
        check(s + offset, size);
        r[dst] = read(memory, s + offset, size);
        break;
      case 0x62:
      case 0x63:
        check(d + offset, size);
        memory.setUint32(d + offset, opcode === 0x62 ? immediate : s, true);
        break;
      case 0x07:
        r[dst] = d + immediate;
        break;
      case 0x57:
        r[dst] = d & immediate;
        break;
      case 0xbf:
        r[dst] = s;
        break;
      case 0xb7:
        r[dst] = immediate;
        break;
      case 0x05:
        pc += offset;
        break;
      case 0x15:
        if (d === 0) pc += offset;
        break;
      case 0x2d:
        if (d > s) pc += offset;
        break;
      case 0x16:
        if ((d | 0) === immediate) pc += offset;
        break;
      case 0x56:
        if ((d | 0) !== immediate) pc += offset;
        break;
      case 0x85:
        r[0] = call(immediate);
        r.fill(Number.NaN, 1, 6);
        break;
      case 0x95:
        return r[0] as number;
      default:
        assert.fail(`opcode ${opcode}`);
    }
  }

  function call(helper: number): number {
    if (helper === 1) {
      assert.equal(r[1], endpointsFd);
      check(r[2] as number, 20);
      return isOurs(bytes.slice(r[2], (r[2] as number) + 20)) ? at.found : 0;
    }
    assert.deepEqual([helper, r[1], r[2], r[3]], [51, socketsFd, queue, XDP_PASS]);
    return REDIRECT;
  }
}

function read(memory: DataView, address: number, size: number): number {
  if (size === 4) return memory.getUint32(address, true);
  return size === 2 ? memory.getUint16(address, true) : memory.getUint8(address);
}

function packetOf(family: 4 | 6, size = 100): Uint8Array {
  const packet = new Uint8Array(size);
  packet.set(mac);
  packet.set(family === 4 ? [8, 0, 0x45] : [0x86, 0xdd, 0x60], 12);
  packet[family === 4 ? 23 : 20] = 17;
  const destination = parseIp(family === 4 ? "192.0.2.53" : "2001:db8::53");
  packet.set(destination ?? [], family === 4 ? 30 : 38);
  packet.set([0x14, 0xe9], family === 4 ? 36 : 56); // 5353
  return packet;
}

function keyOf(address: string, port: number): string {
  return endpointKey(parseIp(address) ?? new Uint8Array(), port).join();
}

const ours = [keyOf("192.0.2.53", 5353), keyOf("2001:db8::53", 5353)];
const isOurs = (key: Uint8Array) => ours.includes(key.join());

function changed(family: 4 | 6, offset: number, ...octets: number[]): Uint8Array {
  const packet = packetOf(family);
  packet.set(octets, offset);
  return packet;
}

suite("assembleSteering()", () => {
  for (const family of [4, 6] as const) {
    test(`takes IPv${family} to an endpoint`, () => {
      assert.equal(run(packetOf(family), isOurs), REDIRECT);
      assert.equal(run(packetOf(family, family === 4 ? 42 : 62), isOurs), REDIRECT);
      assert.equal(run(packetOf(family, 200), isOurs), REDIRECT);
    });

    test(`passes IPv${family} that is cut off anywhere, or too long`, () => {
      const headers = family === 4 ? 42 : 62;
      for (let size = 0; size < headers; size++) {
        assert.equal(run(packetOf(family).slice(0, size), isOurs), XDP_PASS, `${size} octets`);
      }
      assert.equal(run(packetOf(family, 201), isOurs), XDP_PASS);
    });
  }

  const others: [string, Uint8Array][] = [
    ["another MAC", changed(4, 0, 0xdb)],
    ["another MAC at its end", changed(4, 5, 0x98)],
    ["a VLAN tag", changed(4, 12, 0x81, 0x00)],
    ["ARP", changed(4, 12, 0x08, 0x06)],
    ["IPv4 options", changed(4, 14, 0x46)],
    ["IPv6 in an IPv4 packet", changed(4, 14, 0x65)],
    ["more fragments", changed(4, 20, 0x20)],
    ["a fragment's offset", changed(4, 20, 0x00, 0x01)],
    ["a fragment's high offset", changed(4, 20, 0x10)],
    ["TCP", changed(4, 23, 6)],
    ["another address", changed(4, 33, 54)],
    ["another port", changed(4, 37, 0)],
    ["TCP over IPv6", changed(6, 20, 6)],
    ["an IPv6 extension header", changed(6, 20, 0)],
    ["an IPv6 fragment", changed(6, 20, 44)],
    ["another IPv6 address", changed(6, 38, 0x21)],
    ["another IPv6 port", changed(6, 56, 0)],
  ];
  for (const [name, packet] of others) {
    test(`passes ${name}`, () => assert.equal(run(packet, isOurs), XDP_PASS));
  }

  test("takes packets with Don't Fragment and the reserved bit", () => {
    assert.equal(run(changed(4, 20, 0xc0), isOurs), REDIRECT);
  });

  test("keeps IPv4 and mapped IPv6 apart by nothing but the address", () => {
    assert.equal(keyOf("192.0.2.1", 53), keyOf("::ffff:192.0.2.1", 53));
    assert.notEqual(keyOf("192.0.2.1", 53), keyOf("::192.0.2.1", 53));
    assert.notEqual(keyOf("192.0.2.1", 53), keyOf("192.0.2.1", 54));
  });

  test("can give another verdict on queues without a socket", () => {
    const drops = assembleSteering({
      endpointsFd,
      socketsFd,
      mac,
      frameSizeMax: 200,
      withoutSocket: XDP_DROP,
    });
    assert.equal(drops.length, code.length);
    assert.notDeepEqual(drops, code);
  });
});
