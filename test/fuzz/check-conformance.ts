import { decodeMessage, type Message } from "../../src/dns/wire/message.ts";
import { rcodeToText, TYPE } from "../../src/dns/wire/registries.ts";
import type { ConformanceCase } from "./rfc8906-cases.ts";

const reservedFlag = 0x40;
const undefinedEdnsFlags = 0x7fff;

/** What is wrong with a response to a case; empty where all is right. */
export function checkConformance(
  { query, expected }: ConformanceCase,
  octets: Uint8Array | undefined,
): string[] {
  if (!octets) return ["no response"];
  const response = decodeMessage(octets);
  const problems: string[] = [];
  function expect(what: string, actual: unknown, wanted: unknown): void {
    if (actual !== wanted) problems.push(`${what}: ${String(actual)}, not ${String(wanted)}`);
  }
  expect("id", response.id, ((query[0] as number) << 8) | (query[1] as number));
  expect("rcode", rcodeToText(response.rcode), rcodeToText(expected.rcode));
  expect("QR", response.flags.qr, true);
  expect("AA", response.flags.aa, expected.aa);
  expect("RD", response.flags.rd, expected.rd ?? false);
  expect("RA", response.flags.ra, false);
  expect("reserved bit", (octets[3] as number) & reservedFlag, 0);
  expect("SOA in the answer", hasSoa(response), expected.soa);
  expect("OPT", response.edns !== undefined, expected.edns !== undefined);
  if (response.edns && expected.edns) {
    expect("EDNS version", response.edns.version, 0);
    expect("DO", response.edns.dnssecOk, expected.edns.dnssecOk);
    expect("undefined EDNS flags", ednsFlags(octets) & undefinedEdnsFlags, 0);
    const codes = response.edns.options.map((option) => option.code);
    for (const code of expected.optionsAbsent ?? []) {
      expect(`option ${code} comes back`, codes.includes(code), false);
    }
  }
  return problems;
}

function hasSoa(response: Message): boolean {
  return response.answer.some((record) => record.type === TYPE.SOA);
}

/** The flags of the OPT record, found by its owner, type and place: it is the last record. */
function ednsFlags(octets: Uint8Array): number {
  for (let at = octets.length - 11; at >= 12; at--) {
    const size = ((octets[at + 9] as number) << 8) | (octets[at + 10] as number);
    const isOpt = octets[at] === 0 && octets[at + 1] === 0 && octets[at + 2] === TYPE.OPT;
    if (isOpt && at + 11 + size === octets.length) {
      return ((octets[at + 7] as number) << 8) | (octets[at + 8] as number);
    }
  }
  return 0;
}
