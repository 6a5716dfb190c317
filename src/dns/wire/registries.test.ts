import assert from "node:assert/strict";
import { test } from "node:test";
import { CLASS, TYPE, classFromText, classToText } from "./registries.ts";
import { rcodeToText, typeFromText, typeToText } from "./registries.ts";

test("typeFromText() typeToText() know mnemonics and TYPEnnn", () => {
  for (const [text, type] of Object.entries(TYPE)) {
    assert.equal(typeToText(type), text);
    assert.equal(typeFromText(text.toLowerCase()), type);
    assert.equal(typeFromText(`TYPE${type}`), type);
  }
  assert.equal(typeToText(65280), "TYPE65280");
  assert.equal(typeFromText("type65280"), 65280);
  for (const text of ["", "TYPE", "TYPE65536", "TYPE1x", "TYPE-1", "FOO", "TYPE000001"]) {
    assert.equal(typeFromText(text), undefined, text);
  }
});

test("classFromText() classToText() know mnemonics and CLASSnnn", () => {
  assert.equal(classFromText("in"), CLASS.IN);
  assert.equal(classFromText("CLASS1"), CLASS.IN);
  assert.equal(classToText(CLASS.CH), "CH");
  assert.equal(classToText(77), "CLASS77");
  assert.equal(classFromText("IN1"), undefined);
});

test("rcodeToText() names response codes", () => {
  assert.equal(rcodeToText(3), "NXDOMAIN");
  assert.equal(rcodeToText(4095), "RCODE4095");
});
