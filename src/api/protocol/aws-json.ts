import { JsonCodec } from "@smithy/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import { decodeDocument } from "./document-decoder.ts";
import type { HttpRequest, HttpResponse } from "./http-message.ts";
import { JsonSyntaxError, readJson } from "./json-reader.ts";
import { rpcErrorOf } from "./rpc-errors.ts";
import type { RpcProtocol, RpcRequest } from "./rpc-service.ts";
import { ServiceError } from "./service-error.ts";
import type { OperationModel, ServiceModel } from "./service-model.ts";

export type AwsJsonOptions = {
  readonly model: ServiceModel;
  /** Whether clients know the service by the query protocol: errors then have its codes too. */
  readonly queryCompatible: boolean;
  /** What the header `X-Amz-Target` has before the operation: `GraniteServiceVersion20100801`. */
  readonly target: string;
  /** Of the content type: `application/x-amz-json-1.0`. */
  readonly version: "1.0" | "1.1";
};

const epochSecondsSchema = 7;

/**
 * The server's side of AWS JSON 1.0 and 1.1.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
export class AwsJson implements RpcProtocol {
  readonly #options: AwsJsonOptions;
  readonly #codec = new JsonCodec({
    jsonName: false,
    timestampFormat: { useTrait: true, default: epochSecondsSchema },
  });

  constructor(options: AwsJsonOptions) {
    this.#options = options;
  }

  accepts({ method, headers }: Omit<HttpRequest, "body">): boolean {
    const target = headers["x-amz-target"] ?? "";
    return method === "POST" && target.startsWith(`${this.#options.target}.`);
  }

  read({ headers, body }: HttpRequest): RpcRequest {
    const target = headers["x-amz-target"] ?? "";
    return {
      operation: target.slice(this.#options.target.length + 1),
      decode: (shape) => decodeDocument(shape, documentOf(body)),
    };
  }

  unknownOperation(): ServiceError {
    return new ServiceError("UnknownOperationException", "");
  }

  encode({ output }: OperationModel, value: object, requestId: string): HttpResponse {
    const headers = this.#headers(requestId);
    const schema = NormalizedSchema.of(output);
    if (schema.isUnitSchema()) return { status: 200, headers, body: "{}" };
    const serializer = this.#codec.createSerializer();
    serializer.write(schema, value);
    return { status: 200, headers, body: String(serializer.flush()) };
  }

  encodeError(error: ServiceError, requestId: string): HttpResponse {
    const { status, type, messageMember, queryError } = rpcErrorOf(error, this.#options.model);
    const headers = this.#headers(requestId);
    if (this.#options.queryCompatible) headers["x-amzn-query-error"] = queryError;
    const body = JSON.stringify({ __type: type, [messageMember]: error.message, ...error.extra });
    return { status, headers, body };
  }

  #headers(requestId: string): Record<string, string> {
    return {
      "x-amzn-RequestId": requestId,
      "Content-Type": `application/x-amz-json-${this.#options.version}`,
    };
  }
}

function documentOf(body: Uint8Array): unknown {
  try {
    return readJson(body);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new ServiceError("SerializationException", error.message);
  }
}
