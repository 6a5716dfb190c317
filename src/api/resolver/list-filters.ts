import { ServiceError } from "../protocol/service-error.ts";

/** By name as in the API (`CreatorRequestId`), the text of an item that it is compared by. */
export type FilterTexts<T> = Readonly<Record<string, (item: T) => string | undefined>>;

type Filter = { Name?: string | undefined; Values?: readonly string[] | undefined };

/**
 * The items that match one of the values of each filter. Names may also be written as in early
 * versions of the API: `CREATOR_REQUEST_ID`.
 * @throws ServiceError InvalidParameterException for a name that is not in `texts`
 */
export function filtered<T>(
  items: readonly T[],
  filters: readonly Filter[] | undefined,
  texts: FilterTexts<T>,
): T[] {
  const tests = (filters ?? []).map(({ Name = "", Values = [] }) => {
    const textOf = textNamed(texts, { name: Name, what: "filter" });
    return (item: T) => Values.includes(textOf(item) ?? "");
  });
  return items.filter((item) => tests.every((test) => test(item)));
}

/**
 * The items by one of their texts, or in their own order.
 * @throws ServiceError InvalidParameterException for a name that is not in `texts`
 */
export function sorted<T>(
  items: readonly T[],
  { SortBy, SortOrder }: { SortBy?: string | undefined; SortOrder?: string | undefined },
  texts: FilterTexts<T>,
): T[] {
  if (SortBy === undefined) return [...items];
  const textOf = textNamed(texts, { name: SortBy, what: "sort key" });
  const sign = SortOrder === "DESCENDING" ? -1 : 1;
  return items.toSorted((a, b) => sign * compareTexts(textOf(a) ?? "", textOf(b) ?? ""));
}

/** Numbers by their value, all else by its characters. */
function compareTexts(a: string, b: string): number {
  const isNumber = /^\d{1,9}$/;
  if (isNumber.test(a) && isNumber.test(b)) return Number(a) - Number(b);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function textNamed<T>(
  texts: FilterTexts<T>,
  { name, what }: { name: string; what: string },
): (item: T) => string | undefined {
  const plain = (text: string) => text.replaceAll("_", "").toLowerCase();
  const found = Object.entries(texts).find(([known]) => plain(known) === plain(name));
  if (found) return found[1];
  const known = Object.keys(texts).join(", ");
  const message = `The ${what} '${name}' is not one of ${known}`;
  throw new ServiceError("InvalidParameterException", message);
}
