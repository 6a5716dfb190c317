import { TYPE } from "../../dns/wire/registries.ts";

/** The mnemonics that Route 53 Resolver takes; others are given by number. */
const mnemonics = [
  "A",
  "AAAA",
  "CAA",
  "CNAME",
  "DS",
  "MX",
  "NAPTR",
  "NS",
  "PTR",
  "SOA",
  "SPF",
  "SRV",
  "TXT",
] as const;

const numberMax = 65_534;

/** The number of a rule's query type: a mnemonic, or `TYPE1` to `TYPE65534`; else `undefined`. */
export function firewallQtypeNumber(text: string): number | undefined {
  const mnemonic = mnemonics.find((known) => known === text);
  if (mnemonic) return TYPE[mnemonic];
  const number = /^TYPE([1-9]\d{0,4})$/.exec(text)?.[1];
  return number !== undefined && Number(number) <= numberMax ? Number(number) : undefined;
}
