import { invalidParameter } from "./resolver-refusals.ts";

type Filter = { Name?: string | undefined; Values?: readonly string[] | undefined };

/** By name as AWS writes it now: what something has, one value or several. */
export type FilterValues<T> = Readonly<
  Record<string, (item: T) => string | readonly string[] | undefined>
>;

/**
 * Whether an item passes all of the filters: for each it has one of the values. Names may also be
 * written as they first were: `CREATOR_REQUEST_ID`.
 * @throws ServiceError InvalidParameterException for a name that is none of `known`
 */
export function filterOf<T>(
  filters: readonly Filter[] | undefined,
  known: FilterValues<T>,
): (item: T) => boolean {
  const names = new Map(Object.keys(known).map((name) => [plainName(name), name]));
  const tests = (filters ?? []).map(({ Name = "", Values = [] }) => {
    const read = known[names.get(plainName(Name)) ?? ""];
    if (!read) throw invalidParameter(`The filter '${Name}' is invalid`, "Filters");
    const wanted = new Set(Values);
    return (item: T) => [read(item) ?? []].flat().some((value) => wanted.has(value));
  });
  return (item) => tests.every((test) => test(item));
}

/** A name of a filter or a sort key, however it is written. */
export function plainName(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}
