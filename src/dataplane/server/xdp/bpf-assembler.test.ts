import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { BpfAssembler } from "./bpf-assembler.ts";

function hex(code: BpfAssembler): string {
  return Buffer.from(code.assemble()).toString("hex");
}

suite("BpfAssembler", () => {
  // The octets are those of the kernel's own headers (linux/filter.h) for the instruction named.
  const cases: [string, (code: BpfAssembler) => BpfAssembler, string][] = [
    ["BPF_MOV64_REG(R6, R1)", (c) => c.move(6, 1), "bf16000000000000"],
    ["BPF_MOV64_IMM(R0, 2)", (c) => c.moveConstant(0, 2), "b700000002000000"],
    ["BPF_ALU64_IMM(ADD, R2, -24)", (c) => c.addConstant(2, -24), "07020000e8ffffff"],
    ["BPF_ALU64_IMM(AND, R5, 0xff3f)", (c) => c.andConstant(5, 0xff3f), "570500003fff0000"],
    ["BPF_LDX_MEM(W, R2, R6, 4)", (c) => c.load(4, 2, [6, 4]), "6162040000000000"],
    ["BPF_LDX_MEM(H, R5, R2, 12)", (c) => c.load(2, 5, [2, 12]), "69250c0000000000"],
    ["BPF_LDX_MEM(B, R5, R2, 14)", (c) => c.load(1, 5, [2, 14]), "71250e0000000000"],
    ["BPF_STX_MEM(W, R10, R5, -8)", (c) => c.store(4, [10, -8], 5), "635af8ff00000000"],
    ["BPF_ST_MEM(W, R10, -24, 7)", (c) => c.storeConstant(4, [10, -24], 7), "620ae8ff07000000"],
    ["BPF_LD_MAP_FD(R1, 5)", (c) => c.loadMap(1, 5), "18110000050000000000000000000000"],
    ["BPF_CALL(51)", (c) => c.call(51), "8500000033000000"],
    ["BPF_EXIT", (c) => c.exit(), "9500000000000000"],
  ];
  for (const [name, write, want] of cases) {
    test(`writes ${name}`, () => assert.equal(hex(write(new BpfAssembler())), want));
  }

  test("jumps forwards and backwards, counted from the instruction after", () => {
    const code = new BpfAssembler();
    code.label("start").jumpIfGreater(4, 3, "end").jumpIfZero(0, "start");
    code.jumpIfNotEqual32(5, -1, "end").jumpIfEqual32(5, 8, "start").jump("end");
    code.label("end").exit();
    const want = [
      "2d34040000000000",
      "1500feff00000000",
      "56050200ffffffff",
      "1605fcff08000000",
      "0500000000000000",
      "9500000000000000",
    ];
    assert.equal(hex(code), want.join(""));
  });

  test("counts both halves of a map's load", () => {
    const code = new BpfAssembler().jump("end").loadMap(1, 3).label("end").exit();
    assert.equal(hex(code).slice(0, 16), "0500020000000000");
  });

  test("refuses labels that are missing or double, and offsets of more than 16 bits", () => {
    assert.throws(() => new BpfAssembler().jump("nowhere").assemble(), /nowhere/);
    assert.throws(() => new BpfAssembler().label("a").label("a"), /label a is there once/);
    assert.throws(() => new BpfAssembler().load(4, 1, [2, 0x8000]), /16 bits/);
  });
});
