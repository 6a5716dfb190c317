import { fields, type Field, type Response } from "./response.ts";

/** What the peers say of one field: the value most of them give, or that they are at odds. */
export type Verdict = { readonly majority: string | undefined; readonly values: readonly string[] };

/** A server's response to a query; `undefined` where it gave none or none that can be read. */
export type Heard = Response | undefined;

const noResponse = "no response";

/** For each field the value that at least two peers agree on. */
export function judge(peers: readonly Heard[]): Readonly<Record<Field, Verdict>> {
  const verdicts = {} as Record<Field, Verdict>;
  for (const field of fields) verdicts[field] = verdictOf(peers.map((p) => p?.[field]));
  return verdicts;
}

function verdictOf(heard: readonly (string | undefined)[]): Verdict {
  const values = heard.map((value) => value ?? noResponse);
  const majority = values.find((value, i) => values.indexOf(value) !== i);
  return { majority, values };
}

/** One field in which a server differs from the peers' majority. */
export type Difference = {
  readonly field: Field;
  readonly expected: string;
  readonly actual: string;
};

/** Where `response` differs from what most peers say. Fields without a majority are not judged. */
export function differences(
  response: Heard,
  verdicts: Readonly<Record<Field, Verdict>>,
): Difference[] {
  const found: Difference[] = [];
  for (const field of fields) {
    const expected = verdicts[field].majority;
    const actual = response?.[field] ?? noResponse;
    if (expected !== undefined && expected !== actual) found.push({ field, expected, actual });
  }
  return found;
}
