import type { TableKey } from "../model/tables.ts";

/*
 * A key tuple as one text that sorts (octet by octet) as its components do in turn:
 * each component is followed by U+0001; U+0000, U+0001 and U+0002 inside a component become
 * U+0002 and U+0003, U+0004 or U+0005.
 */
const end = "\u0001";
const afterEnd = "\u0002";
const escape = "\u0002";
// oxlint-disable-next-line no-control-regex -- the separators are control characters by design
const special = /[\u0000-\u0002]/g;
// oxlint-disable-next-line no-control-regex -- as above
const escaped = /\u0002([\u0003-\u0005])/g;

export function encodeKey(key: TableKey): string {
  let text = "";
  for (const component of key) text += encodeComponent(component) + end;
  return text;
}

export function decodeKey(text: string): string[] {
  const components = text.split(end);
  components.pop();
  return components.map(decodeComponent);
}

/** The least text above every key that begins with the components of `prefix`. */
export function keyRangeEnd(prefix: TableKey): string {
  return encodeKey(prefix).slice(0, -1) + afterEnd;
}

function encodeComponent(component: string): string {
  const wellFormed = component.toWellFormed();
  return wellFormed.replace(special, (c) => escape + String.fromCharCode(c.charCodeAt(0) + 3));
}

function decodeComponent(text: string): string {
  if (!text.includes(escape)) return text;
  return text.replace(escaped, (_, c: string) => String.fromCharCode(c.charCodeAt(0) - 3));
}
