/** The states of the US and its capital; the territories are countries of their own. */
const names = `
AK Alaska|AL Alabama|AR Arkansas|AZ Arizona|CA California|CO Colorado|CT Connecticut
DC District of Columbia|DE Delaware|FL Florida|GA Georgia|HI Hawaii|IA Iowa|ID Idaho|IL Illinois
IN Indiana|KS Kansas|KY Kentucky|LA Louisiana|MA Massachusetts|MD Maryland|ME Maine|MI Michigan
MN Minnesota|MO Missouri|MS Mississippi|MT Montana|NC North Carolina|ND North Dakota|NE Nebraska
NH New Hampshire|NJ New Jersey|NM New Mexico|NV Nevada|NY New York|OH Ohio|OK Oklahoma|OR Oregon
PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah
VA Virginia|VT Vermont|WA Washington|WI Wisconsin|WV West Virginia|WY Wyoming`;

/** Codes (the part of ISO 3166-2 after `US-`) and names, in order of code. */
export const usStates: readonly { readonly code: string; readonly name: string }[] = names
  .trim()
  .split(/[|\n]/)
  .map((entry) => ({ code: entry.slice(0, 2), name: entry.slice(3) }));

const codes = new Map(usStates.map(({ code, name }) => [comparable(name), code]));
/** Other spellings of the capital; all states are spelled alike everywhere. */
for (const name of ["Washington, D.C.", "Washington D.C.", "Washington DC"]) {
  codes.set(comparable(name), "DC");
}
const known = new Set(usStates.map(({ code }) => code));

/** The code of a state by its English name or by its code itself. */
export function usStateCode(nameOrCode: string): string | undefined {
  if (known.has(nameOrCode)) return nameOrCode;
  return codes.get(comparable(nameOrCode));
}

function comparable(name: string): string {
  return name
    .toLowerCase()
    .replace(/[\s.]+/g, " ")
    .trim();
}
