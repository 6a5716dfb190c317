import { invalidInput } from "./refusals.ts";

type Condition = "EQ" | "IN" | "BETWEEN" | "BEGINS_WITH";

/** What each filter of a list may ask: its conditions, and its values where there are only some. */
export type FilterRules = Readonly<
  Record<string, { conditions: readonly Condition[]; values?: readonly string[] }>
>;

type FilterInput = { Name: string; Values: string[]; Condition?: Condition | undefined };
export type Filter = { name: string; values: string[]; condition: Condition };

/**
 * The filters of a request; all of them must be met.
 * @throws ServiceError InvalidInput
 */
export function readFilters(
  inputs: readonly FilterInput[] | undefined,
  rules: FilterRules,
): Filter[] {
  return (inputs ?? []).map(({ Name: name, Values: values, Condition: condition = "EQ" }) => {
    const rule = rules[name];
    if (!rule?.conditions.includes(condition)) {
      throw invalidInput(`The filter ${name} cannot have the condition ${condition}`);
    }
    const wanted = { EQ: 1, BEGINS_WITH: 1, BETWEEN: 2, IN: undefined }[condition];
    if (wanted === undefined ? values.length === 0 : values.length !== wanted) {
      throw invalidInput(
        `The filter ${name} has ${values.length} values: ${wanted ?? "at least one"} expected`,
      );
    }
    const unknown = values.find((value) => rule.values?.includes(value) === false);
    if (unknown !== undefined && condition !== "BEGINS_WITH") {
      throw invalidInput(`${unknown} is no value of the filter ${name}`);
    }
    const notNumber = values.find((value) => Number.isNaN(Number(value)));
    if (notNumber !== undefined && condition === "BETWEEN") {
      throw invalidInput(`The filter ${name} has ${notNumber}: seconds since 1970 are expected`);
    }
    return { name, values, condition };
  });
}

/** Whether something with these values meets all filters. A time is compared as a number. */
export function fits(
  filters: readonly Filter[],
  values: Readonly<Record<string, string | number | undefined>>,
): boolean {
  return filters.every((filter) => meets(filter, values[filter.name]));
}

function meets({ values, condition }: Filter, value: string | number | undefined): boolean {
  if (value === undefined) return false;
  const [first = "", second = ""] = values;
  switch (condition) {
    case "BEGINS_WITH":
      return String(value).startsWith(first);
    case "BETWEEN":
      return Number(value) >= Number(first) && Number(value) <= Number(second);
    default:
      return values.includes(String(value));
  }
}
