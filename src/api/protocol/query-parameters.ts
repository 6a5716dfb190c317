import { documentDepthMax, documentValueCountMax, valueShownSizeMax } from "../../base/limits.ts";
import { ServiceError } from "./service-error.ts";
import type { ListShape, MapShape, ScalarKind, Shape, StructureShape } from "./shape.ts";
import { parseScalar } from "./xml-decoder.ts";

/** One parameter, or all whose names begin alike: `Dimensions.member.1` has Name and Value. */
type Parameter = {
  text: string | undefined;
  children: Map<string, Parameter> | undefined;
};

/**
 * The parameters of a request in AWS's query protocol: names are paths, `Dimensions.member.1.Name`.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export class QueryParameters {
  readonly #root: Parameter = { text: undefined, children: new Map() };
  #count = 0;

  /** @throws ServiceError MalformedInput */
  add(name: string, value: string): void {
    if (++this.#count > documentValueCountMax) throw malformed("Too many parameters");
    const steps = name.split(".");
    if (steps.length > documentDepthMax) throw malformed("Nested too deeply");
    let at = this.#root;
    for (const step of steps) {
      at.children ??= new Map();
      const next = at.children.get(step) ?? { text: undefined, children: undefined };
      at.children.set(step, next);
      at = next;
    }
    if (at.text !== undefined) throw malformed(`The parameter ${shorten(name)} is given twice`);
    at.text = value;
  }

  text(name: string): string | undefined {
    return this.#root.children?.get(name)?.text;
  }

  /**
   * The members of `shape`; parameters that it does not have are ignored, as AWS ignores them.
   * @throws ServiceError MalformedInput
   */
  decode(shape: StructureShape): Record<string, unknown> {
    return decodeStructure(shape, this.#root);
  }
}

/**
 * Reads a body of `application/x-www-form-urlencoded`.
 * @throws ServiceError MalformedInput
 */
export function readForm(body: Uint8Array, into: QueryParameters): void {
  if (body.length === 0) return;
  for (const pair of formText(body).split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = equals < 0 ? pair : pair.slice(0, equals);
    into.add(decodePart(name), equals < 0 ? "" : decodePart(pair.slice(equals + 1)));
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function formText(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw malformed("The body is not UTF-8");
  }
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", "%20"));
  } catch {
    throw malformed(`Invalid percent-encoding: ${shorten(text)}`);
  }
}

function decode(shape: Shape, from: Parameter): unknown {
  switch (shape.kind) {
    case "structure":
      return decodeStructure(shape, from);
    case "list":
      return decodeList(shape, from);
    case "map":
      return decodeMap(shape, from);
    default:
      return decodeScalar(shape.kind, from);
  }
}

function decodeStructure(shape: StructureShape, from: Parameter): Record<string, unknown> {
  if (from.text) throw malformed("Unexpected complex element termination");
  const value: Record<string, unknown> = {};
  for (const member of shape.members) {
    const child = from.children?.get(member.wireName);
    if (child) value[member.name] = decode(member.shape, child);
  }
  return value;
}

/** `Names.member.1`, `Names.member.2`; an empty `Names` is an empty list. */
function decodeList(shape: ListShape, from: Parameter): unknown[] {
  if (from.text) throw malformed("Unexpected list element termination");
  return numbered(from.children?.get(shape.elementName)).map((child) =>
    decode(shape.element, child),
  );
}

/** `Names.entry.1.key`, `Names.entry.1.value` */
function decodeMap(shape: MapShape, from: Parameter): Record<string, unknown> {
  if (from.text) throw malformed("Unexpected map element termination");
  const entries = numbered(from.children?.get("entry")).map(({ children }) => {
    const key = children?.get("key")?.text;
    const value = children?.get("value");
    if (key === undefined || !value) throw malformed("An entry of a map needs key and value");
    return [key, decode(shape.value, value)] as const;
  });
  return Object.fromEntries(entries);
}

/** The children in the order of their numbers, which may have gaps. */
function numbered(list: Parameter | undefined): Parameter[] {
  const children = [...(list?.children ?? [])].map(([name, child]) => {
    if (!/^\d{1,9}$/.test(name)) throw malformed(`'${shorten(name)}' is no number of an element`);
    return { number: Number(name), child };
  });
  return children.toSorted((a, b) => a.number - b.number).map(({ child }) => child);
}

function decodeScalar(kind: ScalarKind, { text, children }: Parameter): unknown {
  if (children || text === undefined)
    throw malformed("Start of structure found where not expected");
  const special = kind === "double" ? specialDoubles.get(text.toLowerCase()) : undefined;
  const value = special ?? parseScalar(kind, text);
  if (value !== undefined) return value;
  if (kind === "timestamp") throw malformed("timestamp must follow ISO8601");
  throw malformed(`'${shorten(text)}' is not a valid value for '${kind}'`);
}

/** As the SDKs of Java and JavaScript write them, and as Python's does. */
const specialDoubles = new Map([
  ["nan", Number.NaN],
  ["infinity", Infinity],
  ["inf", Infinity],
  ["-infinity", -Infinity],
  ["-inf", -Infinity],
]);

function shorten(text: string): string {
  return text.slice(0, valueShownSizeMax);
}

function malformed(message: string): ServiceError {
  return new ServiceError("MalformedInput", message);
}
