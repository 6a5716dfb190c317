import type { AnswerShape } from "./cache-answers.ts";

/** The answer number `i` of a torn-read test: sizes from some 60 octets to several thousand. */
export function tornTestShape(i: number): AnswerShape {
  const fill = i & 0xff;
  return { fill, texts: 1 + (fill % 40), textSize: 40 + (fill % 100), at: i };
}

/** Whether records that a reader copied are not those of one answer of `tornTestShape`. */
export function tornAnswer(packet: DataView, size: number, answerCount: number): boolean {
  // The first record's owner is a pointer; its text begins after TYPE, CLASS, TTL, RDLENGTH, length.
  const fill = packet.getUint8(13);
  const { texts = 0, textSize = 0 } = tornTestShape(fill);
  const recordSize = 13 + textSize;
  if (answerCount !== texts || size !== (texts + 1) * recordSize) return true;
  for (let record = 0; record <= texts; record++) {
    const start = record * recordSize;
    if (packet.getUint16(start) !== 0xc00c || packet.getUint8(start + 12) !== textSize) return true;
    if (packet.getUint32(start + 6) !== (record < texts ? 300 : 600)) return true;
    for (let i = 13; i < recordSize; i++) if (packet.getUint8(start + i) !== fill) return true;
  }
  return false;
}
