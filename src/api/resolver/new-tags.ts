import { tagCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { ServiceError } from "../protocol/service-error.ts";

type Tag = { Key: string; Value: string };

/**
 * The tags of a resource that is being made. Rows of tags are found by type and id, as they are in
 * the resource's ARN.
 * @param code of the error where there are too many, or a key twice
 */
export function newTags(
  resource: { type: string; id: string },
  tags: readonly Tag[] | undefined,
  code: string,
): Mutation[] {
  if (!tags || tags.length === 0) return [];
  const value = Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
  const count = Object.keys(value).length;
  if (count < tags.length) throw new ServiceError(code, "Cannot tag: a key is given twice");
  if (count > tagCountMax) {
    throw new ServiceError(code, `Cannot tag: ${count} tags, limit ${tagCountMax}`);
  }
  return [{ put: "tag", key: [resource.type, resource.id], value }];
}
