import type { Dimension } from "../../control/model/alarm.ts";

/** As clients write them. */
export type GivenDimension = { readonly Name: string; readonly Value: string };

/** The dimensions of a metric: a set, kept sorted by name. */
export function dimensionsOf(given: readonly GivenDimension[] | undefined): Dimension[] {
  const dimensions = (given ?? []).map(({ Name, Value }) => ({ name: Name, value: Value }));
  return dimensions.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

export function dimensionViews(dimensions: readonly Dimension[]): GivenDimension[] {
  return dimensions.map(({ name, value }) => ({ Name: name, Value: value }));
}

/**
 * What is wrong with dimensions, one sentence each.
 * @param parameter what they are called: `MetricData.member.1.Dimensions`
 */
export function dimensionProblems(
  given: readonly GivenDimension[] | undefined,
  parameter: string,
): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [index, { Name, Value }] of (given ?? []).entries()) {
    const at = `${parameter}.member.${index + 1}`;
    if (seen.has(Name)) problems.push(`The parameter ${at}.Name is the name of two dimensions.`);
    seen.add(Name);
    if (!isPlain(Name) || Name.startsWith(":")) {
      problems.push(
        `The parameter ${at}.Name must be ASCII with a character that is no blank, not begin ` +
          "with a colon and not have control characters.",
      );
    }
    if (!isPlain(Value)) {
      problems.push(
        `The parameter ${at}.Value must be ASCII with a character that is no blank and not ` +
          "have control characters.",
      );
    }
  }
  return problems;
}

/** ASCII without control characters, and something besides blanks. */
export function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(text);
}
