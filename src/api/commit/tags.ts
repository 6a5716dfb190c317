import type { Mutation } from "../../control/model/mutation.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import type { Planned } from "./commit-entry.ts";

/** The values of a resource's tags, by key. */
export type Tags = Readonly<Record<string, string>>;

/** A tag as all services write it. */
export type Tag = { Key: string; Value: string };

type GivenTag = { readonly Key?: string | undefined; readonly Value?: string | undefined };

/** The key of a row of the table `tag`: what kind of resource has the tags, and its id. */
export type TagsKey = readonly [kind: string, id: string];

/** What each service has its own of. */
export type TagRules = {
  countMax: number;
  /** The error for a key that cannot be taken. */
  invalid(message: string): Error;
  /** The error for more tags than `countMax`. */
  tooMany(count: number): Error;
  /** Whether keys that begin with `aws:` are refused. */
  reservesAws: boolean;
};

export function tagsOf(state: StateReader, key: TagsKey): Tags {
  return state.get<Tags>("tag", [...key]) ?? {};
}

/** Tags as answers have them. */
export function tagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

export function putTags(key: TagsKey, tags: Tags): Mutation {
  return { put: "tag", key: [...key], value: tags };
}

/** For what is being deleted. */
export function removeTags(key: TagsKey): Mutation {
  return { remove: "tag", key: [...key] };
}

/** Puts what `change` makes of a resource's tags in their place. */
export function planTags(
  state: StateReader,
  key: TagsKey,
  change: (before: Tags) => Tags,
): Planned<undefined> {
  return { mutations: [putTags(key, change(tagsOf(state, key)))], result: undefined };
}

/**
 * Tags with others added or put in their place, sorted by key.
 * @throws errors of `rules`
 */
export function withTags(before: Tags, added: readonly GivenTag[], rules: TagRules): Tags {
  const after = new Map(Object.entries(before));
  const seen = new Set<string>();
  for (const { Key = "", Value = "" } of added) {
    if (rules.reservesAws && Key.toLowerCase().startsWith("aws:")) {
      throw rules.invalid(`The tag key ${Key} begins with aws:, which is reserved`);
    }
    if (seen.has(Key)) throw rules.invalid(`The tag key ${Key} is given more than once`);
    seen.add(Key);
    after.set(Key, Value);
  }
  if (after.size > rules.countMax) throw rules.tooMany(after.size);
  return Object.fromEntries([...after].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function withoutTags(before: Tags, keys: readonly string[]): Tags {
  return Object.fromEntries(Object.entries(before).filter(([key]) => !keys.includes(key)));
}
