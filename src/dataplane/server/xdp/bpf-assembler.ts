import { assert } from "../../../base/assert.ts";

/**
 * Writes programs for the kernel's BPF machine (RFC 9669): eleven registers of 64 bits, of which a
 * call keeps r6 to r9; r10 points above the stack; r0 is what a call or the program returns.
 *
 * An instruction is 8 octets, little-endian on the machines that we run on:
 *
 *   0 opcode   1 source << 4 | destination   2 offset i16   4 immediate i32
 *
 * Only what our program needs is here. Jumps name labels; `assemble()` fills in their offsets.
 */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/** Octets of a load or store, as the opcode's size bits (RFC 9669 §5.1). */
const sizeBits = { 4: 0x00, 2: 0x08, 1: 0x10 } as const;
export type AccessSize = keyof typeof sizeBits;

type Instruction = {
  opcode: number;
  destination: Register | 0;
  source: Register | 0;
  offset: number;
  immediate: number;
  /** Where a jump goes. */
  label?: string;
};

/** Opcodes: class, operation and operand kind together (RFC 9669 §3). */
const opcode = {
  loadImmediate64: 0x18,
  loadMemory: 0x61,
  storeImmediate: 0x62,
  storeRegister: 0x63,
  addImmediate: 0x07,
  andImmediate: 0x57,
  moveRegister: 0xbf,
  moveImmediate: 0xb7,
  jump: 0x05,
  jumpIfZero: 0x15,
  jumpIfGreater: 0x2d,
  /** The lower 32 bits: a 64-bit comparison would extend the sign of the immediate. */
  jumpIfEqual32: 0x16,
  jumpIfNotEqual32: 0x56,
  call: 0x85,
  exit: 0x95,
} as const;

/** Source register of a 64-bit load whose immediate is a map's file descriptor. */
const pseudoMapFd = 1;
const instructionSize = 8;

export class BpfAssembler {
  readonly #instructions: Instruction[] = [];
  readonly #labels = new Map<string, number>();

  /** Where jumps to `name` go: the next instruction. */
  label(name: string): this {
    assert(!this.#labels.has(name), `label ${name} is there once`);
    this.#labels.set(name, this.#instructions.length);
    return this;
  }

  move(destination: Register, source: Register): this {
    return this.#add(opcode.moveRegister, { destination, source });
  }

  moveConstant(destination: Register, immediate: number): this {
    return this.#add(opcode.moveImmediate, { destination, immediate });
  }

  addConstant(destination: Register, immediate: number): this {
    return this.#add(opcode.addImmediate, { destination, immediate });
  }

  andConstant(destination: Register, immediate: number): this {
    return this.#add(opcode.andImmediate, { destination, immediate });
  }

  /** destination = the octets at source + offset, the upper bits zero. */
  load(size: AccessSize, destination: Register, [source, offset]: [Register, number]): this {
    return this.#add(opcode.loadMemory | sizeBits[size], { destination, source, offset });
  }

  /** The octets at destination + offset = source. */
  store(size: AccessSize, [destination, offset]: [Register, number], source: Register): this {
    return this.#add(opcode.storeRegister | sizeBits[size], { destination, source, offset });
  }

  storeConstant(
    size: AccessSize,
    [destination, offset]: [Register, number],
    immediate: number,
  ): this {
    return this.#add(opcode.storeImmediate | sizeBits[size], { destination, offset, immediate });
  }

  jump(label: string): this {
    return this.#add(opcode.jump, { label });
  }

  jumpIfZero(destination: Register, label: string): this {
    return this.#add(opcode.jumpIfZero, { destination, label });
  }

  /** Unsigned; the comparison that the verifier takes as the check of a packet's bounds. */
  jumpIfGreater(destination: Register, source: Register, label: string): this {
    return this.#add(opcode.jumpIfGreater, { destination, source, label });
  }

  jumpIfEqual32(destination: Register, immediate: number, label: string): this {
    return this.#add(opcode.jumpIfEqual32, { destination, immediate, label });
  }

  jumpIfNotEqual32(destination: Register, immediate: number, label: string): this {
    return this.#add(opcode.jumpIfNotEqual32, { destination, immediate, label });
  }

  /** destination = the map with that file descriptor; two instructions long. */
  loadMap(destination: Register, fd: number): this {
    const source = pseudoMapFd;
    this.#add(opcode.loadImmediate64, { destination, source, immediate: fd });
    return this.#add(0, {});
  }

  /** r0 = helper(r1, …, r5); r1 to r5 are lost. */
  call(helper: number): this {
    return this.#add(opcode.call, { immediate: helper });
  }

  exit(): this {
    return this.#add(opcode.exit, {});
  }

  assemble(): Uint8Array {
    const bytes = new Uint8Array(this.#instructions.length * instructionSize);
    const view = new DataView(bytes.buffer);
    for (const [index, instruction] of this.#instructions.entries()) {
      const at = index * instructionSize;
      view.setUint8(at, instruction.opcode);
      view.setUint8(at + 1, (instruction.source << 4) | instruction.destination);
      view.setInt16(at + 2, this.#offsetOf(instruction, index), true);
      view.setInt32(at + 4, instruction.immediate, true);
    }
    return bytes;
  }

  /** A jump's offset counts instructions from the one after it. */
  #offsetOf({ label, offset }: Instruction, index: number): number {
    if (label === undefined) return offset;
    const target = this.#labels.get(label);
    assert(target !== undefined, `label ${label} is there`);
    return target - index - 1;
  }

  #add(code: number, fields: Partial<Omit<Instruction, "opcode">>): this {
    const instruction: Instruction = {
      opcode: code,
      destination: 0,
      source: 0,
      offset: 0,
      immediate: 0,
      ...fields,
    };
    assert(fitsInt16(instruction.offset), "an offset has 16 bits");
    this.#instructions.push(instruction);
    return this;
  }
}

function fitsInt16(value: number): boolean {
  return Number.isInteger(value) && value >= -0x8000 && value <= 0x7fff;
}
