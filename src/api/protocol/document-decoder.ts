import { ServiceError } from "./service-error.ts";
import type { ListShape, MapShape, ScalarKind, Shape, StructureShape } from "./shape.ts";

/**
 * The members of `shape` in a value read from JSON or CBOR, each of the type it has there. Members
 * that the shape does not have are ignored, null stands for none, as AWS has both.
 *
 * Times are Dates where the format has times (CBOR), else seconds since 1970.
 * @throws ServiceError SerializationException
 */
export function decodeDocument(shape: StructureShape, value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw unexpected(value, "Structure");
  const decoded: Record<string, unknown> = {};
  for (const member of shape.members) {
    const child = Object.hasOwn(value, member.name) ? value[member.name] : undefined;
    if (child !== undefined && child !== null) decoded[member.name] = decode(member.shape, child);
  }
  return decoded;
}

function decode(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "structure":
      return decodeDocument(shape, value);
    case "list":
      return decodeList(shape, value);
    case "map":
      return decodeMap(shape, value);
    default: {
      const decoded = scalars[shape.kind](value);
      if (decoded === undefined) throw unexpected(value, typeNames[shape.kind]);
      return decoded;
    }
  }
}

function decodeList(shape: ListShape, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw unexpected(value, "List");
  return value.map((element: unknown) => decode(shape.element, element));
}

function decodeMap(shape: MapShape, value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw unexpected(value, "Map");
  const entries = Object.entries(value).filter(([, element]) => element !== null);
  return Object.fromEntries(entries.map(([key, element]) => [key, decode(shape.value, element)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  const plain = typeof value === "object" && value !== null && !Array.isArray(value);
  return plain && !(value instanceof Date) && !(value instanceof Uint8Array);
}

/** Each gives `undefined` for what is not of its kind. */
const scalars: Record<ScalarKind, (value: unknown) => unknown> = {
  string: (value) => (typeof value === "string" ? value : undefined),
  boolean: (value) => (typeof value === "boolean" ? value : undefined),
  integer: (value) => wholeNumber(value, 2 ** 31),
  long: (value) => wholeNumber(value, 2 ** 63),
  double: (value) => (typeof value === "number" ? value : specialDoubles.get(value)),
  timestamp: toDate,
  blob: (value) => {
    if (value instanceof Uint8Array) return value;
    return typeof value === "string" ? Buffer.from(value, "base64") : undefined;
  },
};

/** JSON has no other way to write them. */
const specialDoubles = new Map<unknown, number>([
  ["NaN", Number.NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

function wholeNumber(value: unknown, bound: number): number | undefined {
  if (typeof value !== "number" || !Number.isInteger(value)) return undefined;
  return value >= -bound && value < bound ? value : undefined;
}

function toDate(value: unknown): Date | undefined {
  if (value instanceof Date) return value;
  if (typeof value !== "number") return undefined;
  const date = new Date(Math.round(value * 1000));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

const typeNames: Record<ScalarKind, string> = {
  string: "String",
  boolean: "Boolean",
  integer: "Integer",
  long: "Long",
  double: "Double",
  timestamp: "Timestamp",
  blob: "Blob",
};

/** In the words of AWS's JSON services. */
function unexpected(value: unknown, expected: string): ServiceError {
  if (Array.isArray(value)) return refusal("Start of list found where not expected");
  if (isObject(value)) return refusal("Start of structure or map found where not expected.");
  return refusal(`${tokenOf(value)} cannot be converted to ${expected}`);
}

function tokenOf(value: unknown): string {
  if (typeof value === "string") return "STRING_VALUE";
  if (typeof value === "boolean") return value ? "TRUE_VALUE" : "FALSE_VALUE";
  if (value instanceof Date) return "TIMESTAMP_VALUE";
  if (value instanceof Uint8Array) return "BLOB_VALUE";
  return value === null || value === undefined ? "NULL_VALUE" : "NUMBER_VALUE";
}

function refusal(message: string): ServiceError {
  return new ServiceError("SerializationException", message);
}
