/**
 * Prints where Signpost's packet path, called in this process, differs from the majority of Knot,
 * NSD and BIND. The differential test does the same through sockets and the API, with less said:
 * this is for finding out why.
 *
 *   node test/differential/in-process-report.ts [--seed N] [--examples N]
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { parseName } from "../../src/dns/wire/name.ts";
import { InProcessServer } from "../fuzz/in-process-server.ts";
import { differences, judge } from "./compare.ts";
import { describeDisagreement, documented, type Disagreement } from "./documented-differences.ts";
import { bind } from "./peers/bind.ts";
import { knot } from "./peers/knot.ts";
import { nsd } from "./peers/nsd.ts";
import { startPeer } from "./peers/peer.ts";
import { describeQuery, queryOctets, type Query } from "./query.ts";
import { fields } from "./response.ts";
import { askAll, corpus, hearAll } from "./survey.ts";
import { hardZones } from "./zone-files.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    examples: { type: "string", default: "5" },
    /** Also writes all differences into this file, a JSON object a line. */
    json: { type: "string" },
  },
});
const zones = hardZones();
const apexes = zones.map((zone) => parseName(zone.origin));
const queries = corpus(zones, Number(values.seed));
const peers = await Promise.all([knot, nsd, bind].map((kind) => startPeer(kind, { zones })));
const heard = await Promise.all(peers.map((peer) => askAll(peer.port, queries)));
await Promise.all(peers.map((peer) => peer.stop()));

const server = new InProcessServer();
const signpostHeard = await hearAll(askInProcess, queries);
const found = queries.flatMap((query, index): Disagreement[] => {
  const said = heard.map((responses) => responses[index]);
  const signpost = signpostHeard[index];
  return differences(signpost, judge(said)).map((difference) => ({
    ...difference,
    query,
    signpost,
    peers: { knot: said[0], nsd: said[1], bind: said[2] },
    apexes,
  }));
});
const open = found.filter((disagreement) => !documented(disagreement));
if (values.json !== undefined) {
  const lines = open.map(({ query, ...rest }) =>
    JSON.stringify({ query: describeQuery(query), ...rest, apexes: undefined }),
  );
  writeFileSync(values.json, lines.join("\n"));
}
console.log(`${queries.length} queries; ${found.length} differ, ${open.length} not documented`);
for (const field of fields) {
  const differing = open.filter((disagreement) => disagreement.field === field);
  console.log(`\n${field}: ${differing.length}`);
  const step = Math.max(1, Math.ceil(differing.length / Number(values.examples)));
  for (let i = 0; i < differing.length; i += step) {
    console.log(describeDisagreement(differing[i] as Disagreement));
  }
}

async function askInProcess(query: Query): Promise<Uint8Array | undefined> {
  const transport = query.mode === "tcp" ? "tcp" : "udp";
  return server.answer(queryOctets(query), transport);
}
