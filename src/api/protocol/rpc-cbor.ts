import { CborCodec } from "@smithy/core/cbor";
import { NormalizedSchema } from "@smithy/core/schema";
import { CborSyntaxError, readCbor } from "./cbor-reader.ts";
import { decodeDocument } from "./document-decoder.ts";
import type { HttpRequest, HttpResponse } from "./http-message.ts";
import { rpcErrorOf } from "./rpc-errors.ts";
import type { RpcProtocol, RpcRequest } from "./rpc-service.ts";
import { ServiceError } from "./service-error.ts";
import type { OperationModel, ServiceModel } from "./service-model.ts";

export type RpcCborOptions = {
  readonly model: ServiceModel;
  /** Whether clients know the service by the query protocol: errors then have its codes too. */
  readonly queryCompatible: boolean;
  /** Of the path: `/service/GraniteServiceVersion20100801/operation/PutMetricData`. */
  readonly service: string;
};

const protocolName = "rpc-v2-cbor";
const documentSchema = 15;
const emptyMap = Uint8Array.of(0xa0);

/**
 * The server's side of Smithy RPC v2 CBOR.
 * https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */
export class RpcCbor implements RpcProtocol {
  readonly #options: RpcCborOptions;
  readonly #prefix: string;
  readonly #codec = new CborCodec();

  constructor(options: RpcCborOptions) {
    this.#options = options;
    this.#prefix = `/service/${options.service}/operation/`;
  }

  accepts({ method, path }: Omit<HttpRequest, "body">): boolean {
    return method === "POST" && path.startsWith(this.#prefix);
  }

  read({ path, headers, body }: HttpRequest): RpcRequest {
    if (headers["smithy-protocol"] !== protocolName) {
      const message = `The header smithy-protocol must be ${protocolName}.`;
      throw new ServiceError("UnknownOperationException", message);
    }
    return {
      operation: path.slice(this.#prefix.length),
      decode: (shape) => decodeDocument(shape, documentOf(body)),
    };
  }

  unknownOperation(name: string): ServiceError {
    return new ServiceError("UnknownOperationException", `Unknown operation: ${name}`);
  }

  encode({ output }: OperationModel, value: object, requestId: string): HttpResponse {
    const headers = headersOf(requestId);
    const schema = NormalizedSchema.of(output);
    if (schema.isUnitSchema()) return { status: 200, headers, body: emptyMap };
    const serializer = this.#codec.createSerializer();
    serializer.write(schema, value);
    return { status: 200, headers, body: serializer.flush() };
  }

  encodeError(error: ServiceError, requestId: string): HttpResponse {
    const { status, type, messageMember, queryError } = rpcErrorOf(error, this.#options.model);
    const serializer = this.#codec.createSerializer();
    const value = { __type: type, [messageMember]: error.message, ...error.extra };
    serializer.write(documentSchema, value);
    const headers = headersOf(requestId);
    if (this.#options.queryCompatible) headers["x-amzn-query-error"] = queryError;
    return { status, headers, body: serializer.flush() };
  }
}

function headersOf(requestId: string): Record<string, string> {
  return {
    "x-amzn-RequestId": requestId,
    "Content-Type": "application/cbor",
    "smithy-protocol": protocolName,
  };
}

function documentOf(body: Uint8Array): unknown {
  if (body.length === 0) return {};
  try {
    return readCbor(body);
  } catch (error) {
    if (!(error instanceof CborSyntaxError)) throw error;
    throw new ServiceError("SerializationException", error.message);
  }
}
