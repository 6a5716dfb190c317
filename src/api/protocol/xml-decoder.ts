import { assert } from "../../base/assert.ts";
import type { Member, ScalarKind, ScalarShape, Shape, StructureShape } from "./shape.ts";
import { ServiceError } from "./service-error.ts";
import { XmlContentError, XmlReader, XmlSyntaxError } from "./xml-reader.ts";
import type { XmlStartTag } from "./xml-reader.ts";

/**
 * Reads a request's XML by its shape. An element that the shape does not have is refused where it
 * stands, so a document cannot nest deeper than the shape, whatever it holds.
 */
export class XmlDecoder {
  readonly #xmlNamespace: string;

  constructor(xmlNamespace: string) {
    this.#xmlNamespace = xmlNamespace;
  }

  /**
   * The body members of `shape`; members that are not there are left out, required or not.
   * @throws ServiceError MalformedInput or InvalidInput
   */
  decode(shape: StructureShape, body: Uint8Array): Record<string, unknown> {
    try {
      const reader = new XmlReader(body);
      const root = reader.root();
      this.#checkRoot(shape, root);
      const value = this.#structure(reader, shape, root);
      reader.end();
      return value;
    } catch (error) {
      if (error instanceof XmlContentError) throw invalidXml(error.message);
      if (!(error instanceof XmlSyntaxError)) throw error;
      throw new ServiceError("MalformedInput", `Invalid XML ; ${error.message}`);
    }
  }

  #checkRoot(shape: StructureShape, root: XmlStartTag): void {
    if (root.localName !== shape.name) {
      const message = `${root.localName} is not valid, expected ${shape.name}`;
      throw new ServiceError("MalformedInput", message);
    }
    const prefix = root.name.slice(0, -root.localName.length).replace(/:$/, "");
    const given = root.attributes?.get(prefix === "" ? "xmlns" : `xmlns:${prefix}`);
    if (given === this.#xmlNamespace || (given === undefined && prefix === "")) return;
    throw invalidXml(`cvc-elt.1: Cannot find the declaration of element '${root.name}'.`);
  }

  #structure(reader: XmlReader, shape: StructureShape, parent: XmlStartTag) {
    const value: Record<string, unknown> = {};
    for (let tag = reader.child(parent); tag; tag = reader.child(parent)) {
      const member = bodyMember(shape, tag.localName);
      if (!member || member.name in value) throw this.#unexpected(shape, tag, value);
      value[member.name] = this.#value(reader, member.shape, tag);
    }
    return value;
  }

  #value(reader: XmlReader, shape: Shape, tag: XmlStartTag): unknown {
    switch (shape.kind) {
      case "structure":
        return this.#structure(reader, shape, tag);
      case "list":
        return this.#list(reader, shape.elementName, { element: shape.element, tag });
      case "map":
        assert(false, "REST-XML services with maps are not supported");
      default:
        return scalarOf(shape, reader.textOf(tag));
    }
  }

  #list(reader: XmlReader, elementName: string, of: { element: Shape; tag: XmlStartTag }) {
    const values: unknown[] = [];
    for (let tag = reader.child(of.tag); tag; tag = reader.child(of.tag)) {
      if (tag.localName !== elementName) throw this.#invalidContent(tag, [elementName]);
      values.push(this.#value(reader, of.element, tag));
    }
    return values;
  }

  #unexpected(shape: StructureShape, tag: XmlStartTag, seen: Record<string, unknown>) {
    const expected = shape.members
      .filter((member) => member.binding === "body" && !(member.name in seen))
      .map((member) => member.wireName);
    return this.#invalidContent(tag, expected);
  }

  #invalidContent(tag: XmlStartTag, expected: readonly string[]): ServiceError {
    const start = `element '${tag.localName}'`;
    const found = `cvc-complex-type.2.4: Invalid content was found starting with ${start}.`;
    if (expected.length === 0) {
      return invalidXml(`${found} No child element is expected at this point.`);
    }
    const names = expected.map((name) => `"${this.#xmlNamespace}":${name}`).join(", ");
    return invalidXml(`${found} One of '{${names}}' is expected.`);
  }
}

function bodyMember(shape: StructureShape, wireName: string): Member | undefined {
  return shape.members.find((member) => member.binding === "body" && member.wireName === wireName);
}

function scalarOf(shape: ScalarShape, text: string): unknown {
  const value = parseScalar(shape.kind, text);
  if (value !== undefined) return value;
  const shown = text.length > 64 ? `${text.slice(0, 64)}…` : text;
  throw invalidXml(
    `cvc-datatype-valid.1.2.1: '${shown}' is not a valid value for '${shape.kind}'.`,
  );
}

/** The value that `text` (of XML, a query or a path) stands for; `undefined` if for none. */
export function parseScalar(kind: ScalarKind, text: string): unknown {
  return kind === "string" ? text : parsers[kind](text.trim());
}

const parsers: Record<Exclude<ScalarKind, "string">, (text: string) => unknown> = {
  boolean: (text) => ({ true: true, "1": true, false: false, "0": false })[text],
  integer: (text) => parseInteger(text, 31n),
  long: (text) => parseInteger(text, 63n),
  double: (text) => (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?$/.test(text) ? +text : undefined),
  timestamp: parseTimestamp,
  blob: (text) => (/^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined),
};

/** A whole number that fits `bits` and a sign; a long beyond 2^53 loses its last digits. */
function parseInteger(text: string, bits: bigint): number | undefined {
  if (!/^[-+]?\d{1,40}$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ""));
  return value >= -(1n << bits) && value < 1n << bits ? Number(value) : undefined;
}

function parseTimestamp(text: string): Date | undefined {
  const isoForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[-+]\d\d:\d\d)$/;
  const date = new Date(text);
  return isoForm.test(text) && !Number.isNaN(date.getTime()) ? date : undefined;
}

function invalidXml(message: string): ServiceError {
  return new ServiceError("InvalidInput", `Invalid XML ; ${message}`);
}
