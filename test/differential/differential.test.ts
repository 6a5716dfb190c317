/**
 * Asks Signpost, Knot, NSD and BIND the same questions about the same zones and compares what they
 * say. Signpost must agree with the majority of the peers, but for documented differences.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";

import { parseName } from "../../src/dns/wire/name.ts";
import { startSignpost, type SignpostProcess } from "../support/signpost-process.ts";
import { differences, judge, type Heard } from "./compare.ts";
import {
  describeDisagreement,
  documented,
  documentedDifferences,
  type Disagreement,
} from "./documented-differences.ts";
import { bind } from "./peers/bind.ts";
import { knot } from "./peers/knot.ts";
import { nsd } from "./peers/nsd.ts";
import { peerVersion, startPeer, type Peer } from "./peers/peer.ts";
import { describeQuery, queryOctets, type Query } from "./query.ts";
import { fields } from "./response.ts";
import { askAll, corpus } from "./survey.ts";
import { exportZones, importZones } from "./transfer-zones.ts";
import { hardZones } from "./zone-files.ts";

const seed = 1;
const queryCountMin = 2_000;
const zoneCountMin = 30;
const failuresShown = 20;

const kinds = [knot, nsd, bind] as const;
const missing = kinds.filter((kind) => peerVersion(kind) === undefined).map((kind) => kind.name);
const skip =
  missing.length > 0 && process.env["CI"] !== "true"
    ? `missing: ${missing.join(", ")} (tools/install-test-peers brings them)`
    : false;

describe("differential: Signpost, Knot, NSD and BIND", { skip, timeout: 300_000 }, () => {
  const zones = hardZones();
  const apexes = zones.map((zone) => parseName(zone.origin));
  let queries: Query[] = [];
  let peers: Peer[] = [];
  let signpost: SignpostProcess | undefined;
  let signpostHeard: Heard[] = [];
  let peersHeard: Heard[][] = [];

  before(async () => {
    assert.deepEqual(missing, [], "peers are missing: run tools/install-test-peers");
    queries = corpus(zones, seed);
    peers = await Promise.all(kinds.map((kind) => startPeer(kind, { zones })));
    signpost = await startSignpost();
    await importZones(signpost, zones);
    peersHeard = await Promise.all(peers.map((peer) => askAll(peer.port, queries)));
    signpostHeard = await askAll(signpost.dns.port, queries);
  });

  after(async () => {
    await Promise.all([...peers.map((peer) => peer.stop()), signpost?.stop()]);
  });

  it("has enough zones and queries", (t) => {
    assert.ok(zones.length >= zoneCountMin, `${zones.length} zones`);
    assert.ok(queries.length >= queryCountMin, `${queries.length} queries`);
    t.diagnostic(`${zones.length} zones, ${queries.length} queries, seed ${seed}`);
    t.diagnostic(kinds.map((kind) => peerVersion(kind)).join("; "));
  });

  it("differs from the peers' majority in documented ways only", (t) => {
    const disagreements = queries.flatMap((_, index) => disagreementsAt(index));
    const open = disagreements.filter((found) => !documented(found));
    reportDocumented(t, disagreements);
    reportUndecided(t);
    const shown = open.slice(0, failuresShown).map(describeDisagreement).join("\n");
    assert.equal(open.length, 0, `${open.length} differences:\n${shown}`);
  });

  it("echoes the question octet by octet and repeats no record", () => {
    for (const [index, query] of queries.entries()) {
      const response = signpostHeard[index];
      assert.ok(response, `no response to ${describeQuery(query)}`);
      const question = queryOctets(query).subarray(12, 12 + query.name.length + 4);
      assert.ok(Buffer.from(question).equals(response.question), describeQuery(query));
      // A chain that comes to the same DNAME again has it once for each step.
      const repeated = response.duplicates.filter((text) => !text.includes(" DNAME "));
      assert.equal(repeated.join(), "", describeQuery(query));
    }
  });

  it("exports zones from which Knot and NSD answer as from the originals", async () => {
    const directory = mkdtempSync(join(tmpdir(), "signpost-exported-"));
    const exported = zones.map(({ origin }, i) => ({ origin, file: join(directory, `${i}.zone`) }));
    try {
      await exportZones(signpost as SignpostProcess, exported);
      for (const [index, kind] of [knot, nsd].entries()) {
        const peer = await startPeer(kind, { zones: exported });
        peers.push(peer);
        const heard = await askAll(peer.port, queries);
        for (const [i, query] of queries.entries()) {
          const original = JSON.stringify(peersHeard[index]?.[i]);
          assert.equal(JSON.stringify(heard[i]), original, `${kind.name}: ${describeQuery(query)}`);
        }
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  function disagreementsAt(index: number): Disagreement[] {
    const heard = peersHeard.map((responses) => responses[index]);
    const response = signpostHeard[index];
    return differences(response, judge(heard)).map((difference) => ({
      ...difference,
      query: queries[index] as Query,
      signpost: response,
      peers: { knot: heard[0], nsd: heard[1], bind: heard[2] },
      apexes,
    }));
  }

  function reportDocumented(t: TestContext, disagreements: readonly Disagreement[]): void {
    for (const entry of documentedDifferences) {
      const used = disagreements.filter((found) => documented(found) === entry).length;
      t.diagnostic(`documented, ${used} fields: ${entry.name}`);
      assert.ok(used > 0, `no longer true, to be taken out: ${entry.name}`);
    }
  }

  /** Fields in which all three peers differ: there is no majority to agree with. */
  function reportUndecided(t: TestContext): void {
    for (const field of fields) {
      let undecided = 0;
      let alone = 0;
      for (const index of queries.keys()) {
        const verdict = judge(peersHeard.map((responses) => responses[index]))[field];
        if (verdict.majority !== undefined || verdict.values.length === 0) continue;
        undecided++;
        if (!verdict.values.includes(signpostHeard[index]?.[field] ?? "")) alone++;
      }
      if (undecided === 0) continue;
      t.diagnostic(`no majority in ${field}: ${undecided}; Signpost like no peer in ${alone}`);
    }
  }
});
