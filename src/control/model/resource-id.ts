import type { Random } from "../../base/random.ts";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** 36^20: ids drawn at random do not meet. The whole id is within AWS's 32 characters. */
const idSize = 20;

/** A new id of a hosted zone (`Z`) or a delegation set (`N`). */
export function drawResourceId(prefix: "Z" | "N", random: Random): string {
  return prefix + drawText(idSize, random);
}

/** Characters of a time in milliseconds in base 36; enough until the year 5188. */
const timeSize = 9;

/** A new id of a change: `C`, the time and a draw, so that ids sort by age. */
export function drawChangeId(nowMs: number, random: Random): string {
  const time = nowMs.toString(36).toUpperCase().padStart(timeSize, "0");
  return `C${time}${drawText(idSize - timeSize, random)}`;
}

/** Characters of an id of Cloud Map after its prefix; drawn at random they do not meet. */
const cloudMapIdSize = 16;

/** A new id of a namespace (`ns-`) or a service (`srv-`) of Cloud Map. */
export function drawCloudMapId(prefix: "ns" | "srv", random: Random): string {
  return `${prefix}-${drawText(cloudMapIdSize, random).toLowerCase()}`;
}

/** A new id of an operation of Cloud Map: the time and a draw, so that ids sort by age. */
export function drawOperationId(nowMs: number, random: Random): string {
  const time = nowMs.toString(36).padStart(timeSize, "0");
  return `${time}${drawText(23, random).toLowerCase()}-${drawText(8, random).toLowerCase()}`;
}

/** A version 7 UUID (RFC 9562 §5.7): one that sorts by the time it was drawn at. */
export function drawTimeUuid(nowMs: number, random: Random): string {
  const time = nowMs.toString(16).padStart(12, "0");
  const text = drawUuid(random);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${text.slice(15)}`;
}

function drawText(size: number, random: Random): string {
  let text = "";
  for (let i = 0; i < size; i++) text += alphabet[random.uint32() % alphabet.length];
  return text;
}

/** A version 4 UUID (RFC 9562 §5.4): ids of CIDR collections and query logging configurations. */
export function drawUuid(random: Random): string {
  const words = Array.from({ length: 4 }, () => random.uint32());
  words[1] = ((words[1] as number) & 0xffff0fff) | 0x4000;
  words[2] = ((words[2] as number) & 0x3fffffff) | 0x80000000;
  const hex = words.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts
    .slice(1)
    .map((end, i) => hex.slice(cuts[i], end))
    .join("-");
}
