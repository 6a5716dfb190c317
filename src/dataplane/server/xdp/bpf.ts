import { getSystemErrorName } from "node:util";
import { MAP_PRIVATE_ANONYMOUS, PROT_READ_WRITE } from "../libc.ts";
import type { Libc } from "../libc.ts";
import { XdpError } from "./xdp-error.ts";

/**
 * bpf(2). Everything it makes is a file descriptor: when the last one closes, at the latest when the
 * process dies, the kernel takes it away, a link from its interface included.
 *
 * Fields of `union bpf_attr` are by offset; pointers in it are addresses, so what they point to is
 * laid out in one page range that does not move.
 */
const syscallNumber = { x64: 321, arm64: 280 } as const;
const command = {
  mapCreate: 0,
  mapUpdate: 2,
  mapDelete: 3,
  programLoad: 5,
  programTest: 10,
  linkCreate: 28,
} as const;
const attributeSize = 128;

/** BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_XSKMAP. */
export const MAP_HASH = 1;
export const MAP_SOCKETS = 17;
const programTypeXdp = 6;
const attachTypeXdp = 37;
/** How a program is attached: by the driver, or by the kernel before its own stack. */
export const ATTACH = { generic: 2, driver: 4 } as const;

/** No helper that we call asks for the GPL. */
const license = "Apache-2.0";
/** Of kernel objects, as bpftool shows them; 15 characters at most. */
const programName = "signpost_dns";

const scratchSize = 1 << 17;
const scratch = {
  program: 0,
  license: 16_384,
  key: 16_448,
  value: 16_512,
  output: 16_576,
} as const;
const logSize = scratchSize - scratch.output;

export class Bpf {
  readonly #libc: Libc;
  readonly #scratch: number;
  readonly #bytes: Uint8Array;

  /** @throws XdpError where memory cannot be had */
  constructor(libc: Libc) {
    this.#libc = libc;
    const address = libc.mmap(0, scratchSize, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
    if (address === -1) throw XdpError.of(libc, "map memory for BPF");
    this.#scratch = address;
    this.#bytes = new Uint8Array(libc.view(address, scratchSize));
  }

  /** Its memory; what it has made stays. */
  close(): void {
    this.#libc.munmap(this.#scratch, scratchSize);
  }

  /** @throws XdpError */
  createMap(map: { type: number; keySize: number; valueSize: number; entries: number }): number {
    const attribute = new Attribute();
    attribute.words(0, [map.type, map.keySize, map.valueSize, map.entries]);
    attribute.text(28, programName);
    return this.#call(command.mapCreate, attribute, "create a BPF map");
  }

  /** @throws XdpError */
  updateMap(fd: number, key: Uint8Array, value: Uint8Array): void {
    this.#call(command.mapUpdate, this.#element(fd, key, value), "write to a BPF map");
  }

  /** True if the key was there. */
  deleteFromMap(fd: number, key: Uint8Array): boolean {
    const attribute = this.#element(fd, key, new Uint8Array(0));
    return this.#try(command.mapDelete, attribute) >= 0;
  }

  /** @throws XdpError with what the kernel's verifier said last */
  loadProgram(code: Uint8Array): number {
    this.#bytes.set(code, scratch.program);
    this.#bytes.set(new TextEncoder().encode(`${license}\0`), scratch.license);
    const attribute = new Attribute();
    attribute.words(0, [programTypeXdp, code.length / 8]);
    attribute.pointer(8, this.#scratch + scratch.program);
    attribute.pointer(16, this.#scratch + scratch.license);
    attribute.text(48, programName);
    const fd = this.#try(command.programLoad, attribute);
    if (fd >= 0) return fd;
    const reason = getSystemErrorName(-this.#libc.errno());
    throw new XdpError(`Cannot load a BPF program${this.#verifierLog(attribute)}`, reason);
  }

  /** Attached while the returned descriptor is open. @throws XdpError */
  attach(program: number, ifindex: number, mode: number): number {
    const attribute = new Attribute();
    attribute.words(0, [program, ifindex, attachTypeXdp, mode]);
    return this.#call(command.linkCreate, attribute, "attach a BPF program");
  }

  /** The program's verdict on a packet; for tests. @throws XdpError */
  testProgram(program: number, packet: Uint8Array): number {
    this.#bytes.set(packet, scratch.output);
    const attribute = new Attribute();
    attribute.words(0, [program, 0, packet.length, 0]);
    attribute.pointer(16, this.#scratch + scratch.output);
    attribute.words(32, [1]);
    this.#call(command.programTest, attribute, "test a BPF program");
    return attribute.word(4);
  }

  #element(fd: number, key: Uint8Array, value: Uint8Array): Attribute {
    this.#bytes.set(key, scratch.key);
    this.#bytes.set(value, scratch.value);
    const attribute = new Attribute();
    attribute.words(0, [fd]);
    attribute.pointer(8, this.#scratch + scratch.key);
    attribute.pointer(16, this.#scratch + scratch.value);
    return attribute;
  }

  /** Loads once more, for the verifier's reasons: its last line but the statistics. */
  #verifierLog(attribute: Attribute): string {
    attribute.words(24, [1, logSize]);
    attribute.pointer(32, this.#scratch + scratch.output);
    this.#bytes[scratch.output] = 0;
    const fd = this.#try(command.programLoad, attribute);
    if (fd >= 0) this.#libc.close(fd);
    const text = new TextDecoder("latin1").decode(this.#bytes.subarray(scratch.output));
    const lines = text.slice(0, text.indexOf("\0")).trim().split("\n");
    const line = lines.findLast((each) => each !== "" && !each.startsWith("processed "));
    return line === undefined ? "" : ` (${line})`;
  }

  #call(number: number, attribute: Attribute, action: string): number {
    const result = this.#try(number, attribute);
    if (result < 0) throw XdpError.of(this.#libc, action);
    return result;
  }

  #try(number: number, attribute: Attribute): number {
    const call = syscallNumber[process.arch as keyof typeof syscallNumber];
    return this.#libc.syscall(call, number, attribute.bytes, attributeSize);
  }
}

/** `union bpf_attr`, zeros where nothing is written. */
class Attribute {
  readonly bytes = new Uint8Array(attributeSize);
  readonly #view = new DataView(this.bytes.buffer);

  words(offset: number, values: readonly number[]): void {
    for (const [i, value] of values.entries()) this.#view.setUint32(offset + i * 4, value, true);
  }

  pointer(offset: number, address: number): void {
    this.#view.setBigUint64(offset, BigInt(address), true);
  }

  text(offset: number, text: string): void {
    this.bytes.set(new TextEncoder().encode(text), offset);
  }

  word(offset: number): number {
    return this.#view.getUint32(offset, true);
  }
}
