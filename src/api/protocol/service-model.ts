import { NormalizedSchema } from "@smithy/core/schema";
import type { $SchemaRef } from "@smithy/types";
import { ServiceError, commonErrors } from "./service-error.ts";

/** An operation as the SDK's schema has it. */
export type OperationModel = {
  readonly name: string;
  readonly method: string;
  /** Segments of the path; `{Id}` is a label. */
  readonly segments: readonly string[];
  /** Status of a success. */
  readonly status: number;
  readonly input: $SchemaRef;
  readonly output: $SchemaRef;
};

export type ErrorModel = {
  readonly code: string;
  readonly status: number;
  /** Its code in the query protocol, where that is another. */
  readonly queryCode: string | undefined;
  readonly namespace: string;
  readonly schema: $SchemaRef;
};

export type ServiceModel = {
  readonly operations: readonly OperationModel[];
  readonly errors: ReadonlyMap<string, ErrorModel>;
};

const operationSchemaId = 9;
const errorSchemaId = -3;

/** The operations and errors among the exports of an SDK package. */
export function readServiceModel(sdk: Readonly<Record<string, unknown>>): ServiceModel {
  const operations: OperationModel[] = [];
  const errors = new Map<string, ErrorModel>();
  for (const schema of Object.values(sdk)) {
    if (!Array.isArray(schema)) continue;
    if (schema[0] === operationSchemaId) operations.push(operationModel(schema));
    else if (schema[0] === errorSchemaId) errors.set(String(schema[2]), errorModel(schema));
  }
  return { operations, errors };
}

/** [9, namespace, name, traits, input, output] */
function operationModel(schema: readonly unknown[]): OperationModel {
  const traits = schema[3] as { http?: [method: string, uri: string, status: number] };
  const [method, uri, status] = traits.http ?? ["POST", "/", 200];
  return {
    name: String(schema[2]),
    method,
    segments: pathSegments(uri.replace(/\?.*/, "")),
    status,
    input: schema[4] as $SchemaRef,
    output: schema[5] as $SchemaRef,
  };
}

function errorModel(schema: readonly unknown[]): ErrorModel {
  const reference = schema as unknown as $SchemaRef;
  const traits = NormalizedSchema.of(reference).getMergedTraits();
  const fallback = traits.error === "server" ? 500 : 400;
  const status = typeof traits["httpError"] === "number" ? traits["httpError"] : fallback;
  const queryError = traits["awsQueryError"] as readonly [code: string, status: number] | undefined;
  return {
    code: String(schema[2]),
    status,
    queryCode: queryError?.[0],
    namespace: String(schema[1]),
    schema: reference,
  };
}

/** Empty segments do not count: botocore sends `/rrset/`. */
export function pathSegments(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "");
}

/** The HTTP status of `code`; `undefined` where neither the model nor the catalogue has it. */
export function errorStatus(model: ServiceModel, code: string): number | undefined {
  const common: Readonly<Record<string, number>> = commonErrors;
  return model.errors.get(code)?.status ?? (Object.hasOwn(common, code) ? common[code] : undefined);
}

export type OperationMatch = {
  readonly operation: OperationModel;
  /** Label name → value, decoded. */
  readonly labels: Readonly<Record<string, string>>;
};

/** Finds operations by method and path. */
export class OperationRouter {
  readonly #bySegmentCount = new Map<number, OperationModel[]>();

  constructor(operations: readonly OperationModel[]) {
    for (const operation of operations) {
      const same = this.#bySegmentCount.get(operation.segments.length) ?? [];
      this.#bySegmentCount.set(operation.segments.length, [...same, operation]);
    }
  }

  /**
   * The operation at `path`; literal segments beat labels.
   * @throws ServiceError UnknownOperationException, MethodNotAllowed, MalformedInput
   */
  match(method: string, path: string): OperationMatch {
    const segments = pathSegments(path);
    const candidates = (this.#bySegmentCount.get(segments.length) ?? []).filter((operation) =>
      operation.segments.every((segment, i) => isLabel(segment) || segment === segments[i]),
    );
    const operation = candidates
      .filter((candidate) => candidate.method === method)
      .reduce<OperationModel | undefined>(moreLiteral, undefined);
    if (operation) return { operation, labels: labelsOf(operation, segments) };
    if (candidates.length === 0) {
      throw new ServiceError("UnknownOperationException", `Unknown operation: ${method} ${path}`);
    }
    throw new ServiceError("MethodNotAllowed", `The method ${method} is not allowed for ${path}`);
  }
}

function isLabel(segment: string): boolean {
  return segment.startsWith("{");
}

function moreLiteral(best: OperationModel | undefined, next: OperationModel): OperationModel {
  if (!best) return next;
  const labels = (operation: OperationModel) => operation.segments.filter(isLabel).length;
  return labels(next) < labels(best) ? next : best;
}

function labelsOf(operation: OperationModel, segments: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [i, segment] of operation.segments.entries()) {
    if (isLabel(segment)) labels[segment.slice(1, -1)] = decodeSegment(segments[i] ?? "");
  }
  return labels;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ServiceError("MalformedInput", `Invalid percent-encoding in path: ${segment}`);
  }
}
