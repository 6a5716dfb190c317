import { setTimeout as sleep } from "node:timers/promises";
import { peerVersion, startPeer } from "../test/differential/peers/peer.ts";
import type { Peer, PeerKind } from "../test/differential/peers/peer.ts";
import { ask } from "../test/support/ask.ts";
import type { Endpoints } from "./health-endpoints.ts";
import { gdnsdHealth } from "./peers/gdnsd-health.ts";
import { checkName, powerdnsHealth } from "./peers/powerdns-health.ts";
import { cpuTimeNs, proportionalMemoryKib } from "./process-tree.ts";
import { onServerCore } from "./servers.ts";

type Times = { seconds: number; intervalMs: number };

/** Name servers that check endpoints themselves, with the same endpoints: rows of the report. */
export async function measureHealthPeers(endpoints: Endpoints, times: Times): Promise<string[][]> {
  const { port, count } = endpoints;
  const kinds: [kind: PeerKind, begin: (peer: Peer) => Promise<void>][] = [
    [gdnsdHealth({ port, count }), async () => {}],
    [powerdnsHealth({ port, count }), (peer) => askForAll(peer, count)],
  ];
  const rows: string[][] = [];
  for (const [kind, begin] of kinds) {
    if (peerVersion(kind) === undefined) continue;
    const peer = await startPeer(kind, { zones: [], prefix: onServerCore });
    try {
      await begin(peer);
      await sleep(times.intervalMs + 1_500);
      rows.push([kind.name, "all answer 200", ...(await measure(peer, endpoints, times))]);
      console.log(rows.at(-1)?.join(" | "));
    } finally {
      await peer.stop();
    }
  }
  return rows;
}

/** PowerDNS checks an endpoint once its record was asked for. */
async function askForAll({ port }: Peer, count: number): Promise<void> {
  await sleep(3_000); // the zone is loaded
  for (let i = 0; i < count;) {
    // A server that is busy with its checks lets questions wait too long: they are asked again.
    const answered = ask({ address: "127.0.0.1", port }, checkName(i), "A");
    i += await answered.then(() => 1).catch(() => 0);
  }
}

async function measure(peer: Peer, endpoints: Endpoints, { seconds }: Times): Promise<string[]> {
  const before = { answered: endpoints.answered, cpuNs: cpuTimeNs(peer.pid) };
  await sleep(seconds * 1_000);
  const rate = (endpoints.answered - before.answered) / seconds;
  const cpuNs = cpuTimeNs(peer.pid) - before.cpuNs;
  const unknown = ["–", "–", "–", "–", "–"];
  return [
    rate.toFixed(0),
    `${(cpuNs / 1e7 / seconds).toFixed(0)} %`,
    `${(cpuNs / 1e3 / seconds / rate).toFixed(0)} µs`,
    ...unknown,
    `${(proportionalMemoryKib(peer.pid) / 1_024).toFixed(0)} MiB`,
  ];
}
