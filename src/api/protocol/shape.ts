import { NormalizedSchema } from "@smithy/core/schema";
import type { $SchemaRef } from "@smithy/types";
import { assert } from "../../base/assert.ts";
import type { ConstraintTable, ListConstraint, ScalarConstraint } from "./constraint-table.ts";

/**
 * A shape of the service's model, compiled once from the SDK's schema and the constraint table:
 * the SDK says what there is and how it is spelled, the table what values are allowed.
 */
export type Shape = StructureShape | ListShape | MapShape | ScalarShape;

export type StructureShape = {
  readonly kind: "structure";
  readonly name: string;
  /** Whether a value has exactly one of the members. */
  readonly union: boolean;
  /** In the order of the schema. */
  readonly members: readonly Member[];
};

export type ListShape = {
  readonly kind: "list";
  /** XML name of an element, such as `Change`. */
  readonly elementName: string;
  readonly element: Shape;
  readonly constraint: ListConstraint | undefined;
};

/** Keys are strings. */
export type MapShape = {
  readonly kind: "map";
  readonly value: Shape;
};

export type ScalarShape = {
  readonly kind: ScalarKind;
  /** Name in the constraint table; `undefined` where the model sets no limits. */
  readonly name: string | undefined;
  readonly constraint: ScalarConstraint | undefined;
};

export type ScalarKind =
  | "string"
  | "boolean"
  | "timestamp"
  | "integer"
  | "long"
  | "double"
  | "blob";

export type Member = {
  /** The SDK's name: `HostedZoneId`. */
  readonly name: string;
  /** As AWS writes it in messages: the first letter, and only that, in lower case: `tTL`. */
  readonly messageName: string;
  readonly required: boolean;
  /** Where HTTP carries it. */
  readonly binding: "label" | "query" | "header" | "body";
  /** Its name there: query key, header in lower case, XML element. */
  readonly wireName: string;
  readonly shape: Shape;
};

const emptyStructure: StructureShape = {
  kind: "structure",
  name: "Unit",
  union: false,
  members: [],
};

/** A static structure schema keeps its number of required members, which stand first, in slot 6. */
const requiredCountSlot = 6;

/** Compiles the shapes of one service; structures are compiled once and shared. */
export class ShapeCompiler {
  readonly #table: ConstraintTable;
  readonly #structures = new Map<unknown, StructureShape>();

  constructor(table: ConstraintTable) {
    this.#table = table;
  }

  /** The structure behind `reference`; the SDK's unit schema gives one without members. */
  structure(reference: $SchemaRef): StructureShape {
    const schema = NormalizedSchema.of(reference);
    if (schema.isUnitSchema()) return emptyStructure;
    assert(schema.isStructSchema(), `${schema.getName(true)} is no structure`);
    return this.#structure(schema);
  }

  #structure(schema: NormalizedSchema): StructureShape {
    const source = schema.getSchema() as readonly unknown[];
    const known = this.#structures.get(source);
    if (known) return known;
    const members: Member[] = [];
    const union = schema.isUnionSchema();
    const name = String(source[2]);
    const structure: StructureShape = { kind: "structure", name, union, members };
    this.#structures.set(source, structure); // before its members: a shape may hold itself
    const requiredCount = Number(source[requiredCountSlot] ?? 0);
    for (const [name, member] of schema.structIterator()) {
      const required = members.length < requiredCount;
      const tableName = this.#table.members[structure.name]?.[name];
      members.push({ ...bindingOf(name, member), required, shape: this.#shape(member, tableName) });
    }
    return structure;
  }

  #shape(schema: NormalizedSchema, tableName: string | undefined): Shape {
    const constraint = tableName === undefined ? undefined : this.#table.shapes[tableName];
    if (schema.isStructSchema()) return this.#structure(schema);
    if (schema.isListSchema()) return this.#list(schema, constraint);
    if (schema.isMapSchema()) return this.#map(schema);
    assert(constraint?.type !== "list", `${tableName} is a list in the constraint table only`);
    return { kind: scalarKindOf(schema, constraint), name: tableName, constraint };
  }

  #list(
    schema: NormalizedSchema,
    constraint: ScalarConstraint | ListConstraint | undefined,
  ): ListShape {
    if (constraint) {
      assert(constraint.type === "list", `${schema.getName(true)} is a scalar in the table`);
    }
    assert(!schema.getMergedTraits().xmlFlattened, "Flattened lists are not supported");
    const element = schema.getValueSchema();
    return {
      kind: "list",
      elementName: element.getMergedTraits().xmlName ?? "member",
      element: this.#shape(element, constraint?.element),
      constraint,
    };
  }

  #map(schema: NormalizedSchema): MapShape {
    assert(!schema.getMergedTraits().xmlFlattened, "Flattened maps are not supported");
    return { kind: "map", value: this.#shape(schema.getValueSchema(), undefined) };
  }
}

function bindingOf(name: string, schema: NormalizedSchema) {
  const traits = schema.getMergedTraits();
  const messageName = name.charAt(0).toLowerCase() + name.slice(1);
  if (traits.httpLabel) return { name, messageName, binding: "label", wireName: name } as const;
  if (traits.httpQuery !== undefined) {
    return { name, messageName, binding: "query", wireName: traits.httpQuery } as const;
  }
  if (traits.httpHeader !== undefined) {
    const wireName = traits.httpHeader.toLowerCase();
    return { name, messageName, binding: "header", wireName } as const;
  }
  return { name, messageName, binding: "body", wireName: traits.xmlName ?? name } as const;
}

function scalarKindOf(
  schema: NormalizedSchema,
  constraint: ScalarConstraint | undefined,
): ScalarKind {
  if (schema.isStringSchema()) return "string";
  if (schema.isBlobSchema()) return "blob";
  if (schema.isBooleanSchema()) return "boolean";
  if (schema.isTimestampSchema()) return "timestamp";
  assert(schema.isNumericSchema(), `No scalar kind for ${schema.getName(true)}`);
  switch (constraint?.type) {
    case "long":
      return "long";
    case "double":
    case "float":
      return "double";
    default:
      return "integer";
  }
}
