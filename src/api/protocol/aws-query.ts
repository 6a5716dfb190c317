import { NormalizedSchema } from "@smithy/core/schema";
import { assert } from "../../base/assert.ts";
import type { HttpRequest, HttpResponse } from "./http-message.ts";
import { QueryParameters, readForm } from "./query-parameters.ts";
import type { RpcProtocol, RpcRequest } from "./rpc-service.ts";
import { ServiceError } from "./service-error.ts";
import { errorStatus } from "./service-model.ts";
import type { OperationModel, ServiceModel } from "./service-model.ts";
import { errorDocument, structureOf, textsOf, XmlWriter } from "./xml-writer.ts";

export type AwsQueryOptions = {
  readonly model: ServiceModel;
  /** `2010-08-01` */
  readonly version: string;
  readonly xmlNamespace: string;
};

const formType = "application/x-www-form-urlencoded";

/**
 * The server's side of AWS's query protocol: forms in, XML out.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export class AwsQuery implements RpcProtocol {
  readonly #options: AwsQueryOptions;
  readonly #writer: XmlWriter;

  constructor(options: AwsQueryOptions) {
    this.#options = options;
    this.#writer = new XmlWriter(options.xmlNamespace);
  }

  accepts({ method, path, query, headers }: Omit<HttpRequest, "body">): boolean {
    if (path !== "/") return false;
    if (query.has("Action")) return method === "GET" || method === "POST";
    return method === "POST" && (headers["content-type"] ?? "").toLowerCase().startsWith(formType);
  }

  read(request: HttpRequest): RpcRequest {
    const parameters = new QueryParameters();
    for (const [name, value] of request.query) {
      // A presigned request carries its signature here.
      if (!name.startsWith("X-Amz-")) parameters.add(name, value);
    }
    readForm(request.body, parameters);
    const operation = parameters.text("Action");
    if (operation === undefined || operation === "") {
      const message = "The request must contain the parameter Action.";
      throw new ServiceError("MissingAction", message);
    }
    const version = parameters.text("Version");
    if (version !== this.#options.version) {
      const asked = version === undefined ? "No version is given" : `The version is ${version}`;
      const message = `${asked}: the version of this API is ${this.#options.version}.`;
      throw new ServiceError("NoSuchVersion", message);
    }
    return { operation, decode: (shape) => parameters.decode(shape) };
  }

  unknownOperation(name: string): ServiceError {
    const message = `Could not find operation ${name} for version ${this.#options.version}`;
    return new ServiceError("InvalidAction", message);
  }

  /** `<XResponse><XResult>…</XResult><ResponseMetadata>…</ResponseMetadata></XResponse>` */
  encode({ name, output }: OperationModel, value: object, requestId: string): HttpResponse {
    const schema = NormalizedSchema.of(output);
    const result = `${name}Result`;
    const metadata = structureOf("ResponseMetadata", textsOf("RequestId"));
    const members = schema.isUnitSchema()
      ? []
      : [[result, structureOf(result, [...schema.structIterator()])] as const];
    const root = structureOf(`${name}Response`, [...members, ["ResponseMetadata", metadata]]);
    const body = this.#writer.document(root, {
      [result]: value,
      ResponseMetadata: { RequestId: requestId },
    });
    return { status: 200, headers: headersOf(requestId), body };
  }

  encodeError(error: ServiceError, requestId: string): HttpResponse {
    const { model } = this.#options;
    const status = errorStatus(model, error.code);
    assert(status !== undefined, `Cannot answer error ${error.code}: not in model or catalogue`);
    const known = model.errors.get(error.code);
    const code = known?.queryCode ?? error.code;
    const { root, value } = errorDocument({ error, code, status, known, requestId });
    return { status, headers: headersOf(requestId), body: this.#writer.document(root, value) };
  }
}

function headersOf(requestId: string): Record<string, string> {
  return { "x-amzn-RequestId": requestId, "Content-Type": "text/xml" };
}
