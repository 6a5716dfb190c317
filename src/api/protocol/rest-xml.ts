import { ToStringShapeSerializer } from "@smithy/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import { assert } from "../../base/assert.ts";
import type { HttpRequest, HttpResponse } from "./http-message.ts";
import { ServiceError } from "./service-error.ts";
import { errorStatus } from "./service-model.ts";
import type { OperationMatch, OperationModel, ServiceModel } from "./service-model.ts";
import type { Member, ShapeCompiler } from "./shape.ts";
import { validationError, violationsIn } from "./validation.ts";
import { parseScalar, XmlDecoder } from "./xml-decoder.ts";
import { errorDocument, structureOf, XmlWriter } from "./xml-writer.ts";

export type RestXmlOptions = {
  readonly model: ServiceModel;
  readonly shapes: ShapeCompiler;
  readonly xmlNamespace: string;
  /**
   * What is cut from the front of top-level values, by name of their shape in the constraint
   * table.
   */
  readonly prefixes: Readonly<Record<string, RegExp>>;
};

const xmlDeclaration = '<?xml version="1.0"?>\n';

/** The server's side of AWS's REST-XML protocol, driven by the SDK's schemas. */
export class RestXml {
  readonly #options: RestXmlOptions;
  readonly #decoder: XmlDecoder;
  readonly #writer: XmlWriter;

  constructor(options: RestXmlOptions) {
    this.#options = options;
    this.#decoder = new XmlDecoder(options.xmlNamespace);
    this.#writer = new XmlWriter(options.xmlNamespace);
  }

  /**
   * The input of an operation, complete and within its constraints.
   * @throws ServiceError MalformedInput or InvalidInput
   */
  decode(match: OperationMatch, request: HttpRequest): Record<string, unknown> {
    const shape = this.#options.shapes.structure(match.operation.input);
    const hasBody = shape.members.some((member) => member.binding === "body");
    const body =
      hasBody && request.body.length > 0 ? this.#decoder.decode(shape, request.body) : {};
    const input: Record<string, unknown> = {};
    for (const member of shape.members) {
      const bound = member.binding !== "body";
      const value = bound ? boundValue(member, match, request) : body[member.name];
      if (value !== undefined) input[member.name] = this.#withoutPrefix(member, value);
    }
    const violations = violationsIn(shape, input);
    if (violations.length > 0) throw validationError(violations, "InvalidInput");
    return input;
  }

  #withoutPrefix(member: Member, value: unknown): unknown {
    if (typeof value !== "string" || member.shape.kind !== "string") return value;
    const prefix = this.#options.prefixes[member.shape.name ?? ""];
    return prefix ? value.replace(prefix, "") : value;
  }

  encode(operation: OperationModel, output: object, requestId: string): HttpResponse {
    const schema = NormalizedSchema.of(operation.output);
    const members = schema.isUnitSchema() ? [] : [...schema.structIterator()];
    const headers = this.#headers(requestId);
    for (const [name, member] of members) {
      const header = member.getMergedTraits().httpHeader;
      const value = (output as Record<string, unknown>)[name];
      if (header !== undefined && value !== undefined) headers[header] = this.#text(member, value);
    }
    const body = members.filter(([, member]) => member.getMergedTraits().httpHeader === undefined);
    if (schema.isUnitSchema()) return { status: operation.status, headers, body: "" };
    const root = structureOf(schema.getName() ?? operation.name, body);
    const text = xmlDeclaration + this.#writer.document(root, output);
    return { status: operation.status, headers, body: text };
  }

  encodeError(error: ServiceError, requestId: string): HttpResponse {
    const { model } = this.#options;
    const status = errorStatus(model, error.code);
    assert(status !== undefined, `Cannot answer error ${error.code}: not in model or catalogue`);
    const known = model.errors.get(error.code);
    const document = errorDocument({ error, code: error.code, status, known, requestId });
    const body = xmlDeclaration + this.#writer.document(document.root, document.value);
    return { status, headers: this.#headers(requestId), body };
  }

  #headers(requestId: string): Record<string, string> {
    return { "x-amzn-RequestId": requestId, "Content-Type": "text/xml" };
  }

  #text(member: NormalizedSchema, value: unknown): string {
    const serializer = new ToStringShapeSerializer(this.#writer.settings);
    serializer.write(member, value);
    return serializer.flush();
  }
}

/** The text of a label, query or header as its member's value. */
function boundValue(member: Member, match: OperationMatch, request: HttpRequest): unknown {
  const text = boundText(member, match, request);
  if (text === undefined) return undefined;
  assert("constraint" in member.shape && member.shape.kind !== "list", "Bound to a scalar");
  const value = parseScalar(member.shape.kind, text);
  if (value !== undefined) return value;
  const where = `${member.binding} ${member.wireName}`;
  const fault = `'${text.slice(0, 64)}' is not a valid value for '${member.shape.kind}'`;
  throw new ServiceError("InvalidInput", `${fault} in ${where}.`);
}

function boundText(member: Member, match: OperationMatch, request: HttpRequest) {
  if (member.binding === "label") return match.labels[member.wireName];
  if (member.binding === "query") return request.query.get(member.wireName) ?? undefined;
  return request.headers[member.wireName];
}
