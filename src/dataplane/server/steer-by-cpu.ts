import { assert } from "../../base/assert.ts";
import { workerCountMax } from "../../base/limits.ts";
import * as c from "./libc.ts";
import type { Libc } from "./libc.ts";

/** Instructions of classic BPF (linux/filter.h): opcode u16, jumps u8 and u8, operand u32. */
const instruction = { size: 8, opcode: 0, ifTrue: 2, ifFalse: 3, operand: 4 } as const;
const opcode = {
  loadWord: 0x20,
  modulo: 0x94,
  jumpIfEqual: 0x15,
  returnConstant: 0x06,
  returnAccumulator: 0x16,
} as const;
/** Where a load finds the number of the CPU that runs the program (SKF_AD_OFF + SKF_AD_CPU). */
const cpuNumber = 0xffff_f000 + 36;

/**
 * Has the kernel give a datagram to the socket whose worker runs on the CPU that received it, instead
 * of spreading clients over the sockets: what the network card has brought into that CPU's cache
 * stays there (SO_ATTACH_REUSEPORT_CBPF, socket(7)).
 * @param fd any socket of the group that shares the port
 * @param cpus of the sockets' workers, in the order in which the sockets were bound
 * @returns whether the kernel took it; otherwise it spreads clients as before
 */
export function steerByCpu(libc: Libc, fd: number, cpus: readonly number[]): boolean {
  const program = steeringProgram(cpus);
  const size = program.length;
  const address = libc.mmap(0, size, c.PROT_READ_WRITE, c.MAP_PRIVATE_ANONYMOUS, -1, 0);
  if (address === -1) return false;
  new Uint8Array(libc.view(address, size)).set(program);
  // struct sock_fprog: count u16, pointer.
  const bytes = new Uint8Array(16);
  const fields = new DataView(bytes.buffer);
  fields.setUint16(0, size / instruction.size, true);
  fields.setBigUint64(8, BigInt(address), true);
  const name = c.SO_ATTACH_REUSEPORT_CBPF;
  const status = libc.setsockopt(fd, c.SOL_SOCKET, name, bytes, bytes.length);
  libc.munmap(address, size);
  return status === 0;
}

/** For each CPU: `if it is this one, return its index`; for others, their number modulo the count. */
function steeringProgram(cpus: readonly number[]): Uint8Array {
  assert(cpus.length > 0 && cpus.length <= workerCountMax, "a socket for each CPU, 1 to 256");
  const program: number[][] = [[opcode.loadWord, 0, 0, cpuNumber]];
  cpus.forEach((cpu, index) => {
    program.push([opcode.jumpIfEqual, 0, 1, cpu], [opcode.returnConstant, 0, 0, index]);
  });
  program.push([opcode.modulo, 0, 0, cpus.length], [opcode.returnAccumulator, 0, 0, 0]);
  const view = new DataView(new ArrayBuffer(program.length * instruction.size));
  program.forEach(([code = 0, ifTrue = 0, ifFalse = 0, operand = 0], i) => {
    const at = i * instruction.size;
    view.setUint16(at + instruction.opcode, code, true);
    view.setUint8(at + instruction.ifTrue, ifTrue);
    view.setUint8(at + instruction.ifFalse, ifFalse);
    view.setUint32(at + instruction.operand, operand, true);
  });
  return new Uint8Array(view.buffer);
}
