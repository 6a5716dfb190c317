import type { HttpRequest, HttpResponse } from "./http-message.ts";
import type { UntypedHandler } from "./rest-xml-service.ts";
import { ServiceError } from "./service-error.ts";
import type { OperationModel, ServiceModel } from "./service-model.ts";
import type { Service } from "./service.ts";
import type { ShapeCompiler, StructureShape } from "./shape.ts";
import { violationsIn } from "./validation.ts";
import type { Violation } from "./validation.ts";

/** A protocol in which a request names its operation and the body is all of its input. */
export type RpcProtocol = {
  /** Whether a request is in this protocol and for its service. */
  accepts(head: Omit<HttpRequest, "body">): boolean;
  /**
   * The operation that a request names.
   * @throws ServiceError where it names none, or its form is not the protocol's
   */
  read(request: HttpRequest): RpcRequest;
  encode(operation: OperationModel, output: object, requestId: string): HttpResponse;
  encodeError(error: ServiceError, requestId: string): HttpResponse;
  /** The error for an operation that the service does not have. */
  unknownOperation(name: string): ServiceError;
};

export type RpcRequest = {
  readonly operation: string;
  /**
   * Its input, of the right types; constraints and required members are not looked at.
   * @throws ServiceError
   */
  decode(shape: StructureShape): Record<string, unknown>;
};

export type RpcServiceOptions = {
  readonly signingName: string;
  /** See Service. */
  readonly bodySizeMax?: number;
  readonly takesGzip?: boolean;
  readonly model: ServiceModel;
  readonly shapes: ShapeCompiler;
  /** By operation name. An operation of the SDK without one answers NotImplemented. */
  readonly handlers: Readonly<Record<string, UntypedHandler | undefined>>;
  /** What the service answers to an input that breaks constraints of its model. */
  refuse(violations: readonly Violation[], operation: string): ServiceError;
};

/** A service over one of its protocols. */
export function createRpcService(options: RpcServiceOptions, protocol: RpcProtocol): Service {
  const { signingName, model, shapes, handlers } = options;
  const operations = new Map(model.operations.map((operation) => [operation.name, operation]));
  return {
    signingName,
    ...(options.bodySizeMax === undefined ? {} : { bodySizeMax: options.bodySizeMax }),
    takesGzip: options.takesGzip ?? false,
    accepts: (head) => protocol.accepts(head),
    encodeError: (error, requestId) => protocol.encodeError(error, requestId),
    find(request) {
      const read = protocol.read(request);
      const operation = operations.get(read.operation);
      if (!operation) throw protocol.unknownOperation(read.operation);
      const { name } = operation;
      return {
        name,
        async run(_request, context) {
          const handler = handlers[name];
          if (!handler) {
            throw new ServiceError("NotImplemented", `The operation ${name} is not implemented.`);
          }
          const shape = shapes.structure(operation.input);
          const input = read.decode(shape);
          const violations = violationsIn(shape, input);
          if (violations.length > 0) throw options.refuse(violations, name);
          const output = await handler(input, context);
          return protocol.encode(operation, output, context.requestId);
        },
      };
    },
  };
}
