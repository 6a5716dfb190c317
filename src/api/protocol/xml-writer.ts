import { XmlShapeSerializer } from "@aws-sdk/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import type { $SchemaRef, StaticStructureSchema } from "@smithy/types";
import type { ServiceError } from "./service-error.ts";
import type { ErrorModel } from "./service-model.ts";

// Numbers the SDK's schemas use for what they describe (@smithy/types, schema/sentinels).
const stringSchema = 0;
const structureSchema = 3;
const dateTimeSchema = 5;

/** Writes XML documents of one namespace by the SDK's schemas. */
export class XmlWriter {
  readonly settings: ConstructorParameters<typeof XmlShapeSerializer>[0];

  constructor(xmlNamespace: string) {
    this.settings = {
      xmlNamespace,
      serviceNamespace: "",
      httpBindings: true,
      timestampFormat: { useTrait: true, default: dateTimeSchema },
    };
  }

  document(root: StaticStructureSchema, value: object): string {
    const serializer = new XmlShapeSerializer(this.settings);
    serializer.write(root, value);
    return String(serializer.flush());
  }
}

/** `<ErrorResponse><Error><Type/><Code/><Message/>…</Error><RequestId/></ErrorResponse>` */
export function errorDocument(answer: {
  error: ServiceError;
  /** As it is written. */
  code: string;
  status: number;
  known: ErrorModel | undefined;
  requestId: string;
}): { root: StaticStructureSchema; value: object } {
  const { error, code, known, requestId } = answer;
  const members = known ? [...NormalizedSchema.of(known.schema).structIterator()] : [];
  const own = members.filter(([name]) => name.toLowerCase() !== "message");
  const detail = structureOf("Error", [...textsOf("Type", "Code", "Message"), ...own]);
  const root = structureOf("ErrorResponse", [["Error", detail], ...textsOf("RequestId")]);
  const type = answer.status >= 500 ? "Receiver" : "Sender";
  const value = {
    Error: { ...error.extra, Type: type, Code: code, Message: error.message },
    RequestId: requestId,
  };
  return { root, value };
}

/** The schema of a structure made of others' members. */
export function structureOf(
  name: string,
  members: readonly (readonly [string, $SchemaRef | NormalizedSchema])[],
): StaticStructureSchema {
  const names = members.map(([member]) => member);
  const schemas = members.map(([, schema]) => schema as $SchemaRef);
  return [structureSchema, "", name, 0, names, schemas];
}

/** Members that hold text. */
export function textsOf(...names: string[]): (readonly [string, $SchemaRef])[] {
  return names.map((name) => [name, stringSchema] as const);
}
