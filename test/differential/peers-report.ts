/**
 * Prints where Knot, NSD and BIND differ among themselves over all zones and queries: proof that
 * the zones load everywhere and that the harness compares. No Signpost is involved.
 *
 *   node test/differential/peers-report.ts [--seed N] [--examples N]
 */
import { parseArgs } from "node:util";

import { differences, judge } from "./compare.ts";
import { bind } from "./peers/bind.ts";
import { knot } from "./peers/knot.ts";
import { nsd } from "./peers/nsd.ts";
import { startPeer } from "./peers/peer.ts";
import { describeQuery, type Query } from "./query.ts";
import { fields } from "./response.ts";
import { askAll, corpus } from "./survey.ts";
import { hardZones } from "./zone-files.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    examples: { type: "string", default: "5" },
    match: { type: "string", default: "" },
  },
});
const zones = hardZones();
const queries = corpus(zones, Number(values.seed));
console.log(`${zones.length} zones, ${queries.length} queries`);
const kinds = [knot, nsd, bind];
const peers = await Promise.all(kinds.map((kind) => startPeer(kind, { zones })));
try {
  const heard = await Promise.all(peers.map((peer) => askAll(peer.port, queries)));
  const verdicts = queries.map((_, i) => judge(heard.map((responses) => responses[i])));
  for (const [k, kind] of kinds.entries()) {
    for (const field of fields) {
      const differing = queries.flatMap((query, i) => {
        const found = differences(heard[k]?.[i], verdicts[i] as ReturnType<typeof judge>);
        return found.filter((d) => d.field === field).map((d) => ({ query, ...d }));
      });
      if (differing.length === 0) continue;
      console.log(`\n${kind.name} alone in ${field}: ${differing.length}`);
      const shown = differing.filter((d) => describeQuery(d.query).includes(values.match));
      for (const d of spread(shown, Number(values.examples))) {
        console.log(`  ${describeQuery(d.query)}`);
        console.log(`    ${kind.name}: ${show(d.actual)}\n    others: ${show(d.expected)}`);
      }
    }
  }
  for (const field of fields) {
    const open = queries.flatMap((query, i) => {
      const verdict = (verdicts[i] as ReturnType<typeof judge>)[field];
      return verdict.majority === undefined && verdict.values.length > 0
        ? [{ query, verdict }]
        : [];
    });
    if (open.length === 0) continue;
    console.log(`\nno majority in ${field}: ${open.length}`);
    for (const { query, verdict } of spread(open, Number(values.examples))) {
      console.log(`  ${describeQuery(query as Query)}`);
      verdict.values.forEach((v, k) => console.log(`    ${kinds[k]?.name}: ${show(v)}`));
    }
  }
} finally {
  await Promise.all(peers.map((peer) => peer.stop()));
}

function show(value: string): string {
  return value === "" ? "(empty)" : value.replaceAll("\n", " | ").slice(0, 600);
}

/** Some of the values, evenly picked. */
function spread<T>(values_: readonly T[], count: number): T[] {
  const step = Math.max(1, Math.ceil(values_.length / count));
  return values_.filter((_, i) => i % step === 0);
}
