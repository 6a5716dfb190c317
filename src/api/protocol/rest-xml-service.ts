import type { ConstraintTable } from "./constraint-table.ts";
import type { HttpRequest } from "./http-message.ts";
import type { RequestContext } from "./operation.ts";
import { RestXml } from "./rest-xml.ts";
import { ServiceError } from "./service-error.ts";
import { OperationRouter, readServiceModel } from "./service-model.ts";
import type { FoundOperation, Service } from "./service.ts";
import { ShapeCompiler } from "./shape.ts";

export type RestXmlServiceOptions = {
  readonly signingName: string;
  /** The module of the service's SDK package. */
  readonly sdk: Readonly<Record<string, unknown>>;
  readonly constraints: ConstraintTable;
  readonly xmlNamespace: string;
  /** What every path of the service begins with: `/2013-04-01/`. */
  readonly pathPrefix: string;
  /** See RestXmlOptions. */
  readonly prefixes: Readonly<Record<string, RegExp>>;
  /** By operation name. An operation of the SDK without one answers NotImplemented. */
  readonly handlers: Readonly<Record<string, UntypedHandler | undefined>>;
};

export type UntypedHandler = (
  input: Record<string, unknown>,
  context: RequestContext,
) => object | Promise<object>;

/** A service that speaks REST-XML, made of its SDK package and the handlers of its operations. */
export function createRestXmlService(options: RestXmlServiceOptions): Service {
  const model = readServiceModel(options.sdk);
  const router = new OperationRouter(model.operations);
  const shapes = new ShapeCompiler(options.constraints);
  const protocol = new RestXml({ ...options, model, shapes });

  function find(request: HttpRequest): FoundOperation {
    const match = router.match(request.method, request.path);
    const { name } = match.operation;
    const handler = options.handlers[name];
    return {
      name,
      async run(message, context) {
        if (!handler) {
          throw new ServiceError("NotImplemented", `The operation ${name} is not implemented.`);
        }
        const output = await handler(protocol.decode(match, message), context);
        return protocol.encode(match.operation, output, context.requestId);
      },
    };
  }

  return {
    signingName: options.signingName,
    accepts: (head) => head.path.startsWith(options.pathPrefix),
    find,
    encodeError: (error, requestId) => protocol.encodeError(error, requestId),
  };
}
