import {
  ChangeResourceRecordSetsCommand,
  ListHostedZonesByNameCommand,
  type Route53Client,
} from "@aws-sdk/client-route-53";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { parseName } from "../src/dns/wire/name.ts";
import { TYPE } from "../src/dns/wire/registries.ts";
import { DnsClient } from "../test/support/dns-client.ts";
import { importZones } from "../test/differential/transfer-zones.ts";
import { ask } from "../test/differential/query.ts";
import { readResponse } from "../test/differential/response.ts";
import { route53Client } from "../test/support/route53-client.ts";
import { startSignpost, type SignpostProcess } from "../test/support/signpost-process.ts";
import { addressOf, benchOrigin, writeBenchZone } from "./corpus.ts";
import { publish, quantile } from "./report.ts";

/** How much is measured. */
export type ChangeLatencyOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  /** Names in each zone that is measured. */
  readonly nameCounts: readonly number[];
  readonly changes: number;
};

/** Milliseconds of one change: until the API answered, and until DNS did with the new value. */
type Sample = { readonly acknowledgedMs: number; readonly answeredMs: number };

const answerTimeoutMs = 10_000;

/**
 * ChangeResourceRecordSets → the new value over UDP, one change after the other, each an UPSERT of
 * another name of the zone, in zones of several sizes.
 */
export async function changeLatency(options: ChangeLatencyOptions): Promise<void> {
  const rows: string[][] = [];
  for (const nameCount of options.nameCounts) {
    const samples = await measureZone(nameCount, options.changes);
    const answered = samples.map((sample) => sample.answeredMs);
    const acknowledged = samples.map((sample) => sample.acknowledgedMs);
    const shares = [0.5, 0.99, 1];
    const cells = [answered, acknowledged].flatMap((values) =>
      shares.map((share) => quantile(values, share).toFixed(1)),
    );
    rows.push([String(nameCount), String(samples.length), ...cells]);
  }
  publish(
    {
      name: "change-latency",
      title: "From a change to its answer",
      method:
        "Time from sending ChangeResourceRecordSets (one UPSERT; SigV4, HTTP keep-alive, the AWS " +
        "SDK) until a UDP query, repeated without a pause, gets the new value; and until the API " +
        "has answered, which it does after the change is on disk. Milliseconds.",
      columns: [
        "names in the zone",
        "changes",
        "answer p50",
        "answer p99",
        "answer max",
        "API p50",
        "API p99",
        "API max",
      ],
      rows,
    },
    options.results,
  );
}

async function measureZone(nameCount: number, changes: number): Promise<Sample[]> {
  const directory = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const zone = { origin: benchOrigin, file: join(directory, "bench.zone") };
  writeBenchZone(zone.file, nameCount);
  const signpost = await startSignpost();
  try {
    await importZones(signpost, [zone]);
    return await measureChanges(signpost, nameCount, changes);
  } finally {
    await signpost.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureChanges(
  signpost: SignpostProcess,
  nameCount: number,
  changes: number,
): Promise<Sample[]> {
  const api = route53Client(signpost);
  const dns = await DnsClient.open({ port: signpost.dns.port });
  try {
    const zoneId = await zoneIdOf(api);
    const samples: Sample[] = [];
    const warmUp = 5;
    for (let i = -warmUp; i < changes; i++) {
      const index = Math.floor(((i + warmUp) * nameCount) / (changes + warmUp));
      const name = `h${index}.${benchOrigin}`;
      const address = addressOf(nameCount + i + warmUp);
      const sample = await measureChange({ api, dns, zoneId, name, address });
      if (i >= 0) samples.push(sample);
    }
    return samples;
  } finally {
    dns.close();
    api.destroy();
  }
}

async function measureChange(change: {
  readonly api: Route53Client;
  readonly dns: DnsClient;
  readonly zoneId: string;
  readonly name: string;
  readonly address: string;
}): Promise<Sample> {
  const startedAt = performance.now();
  const answered = waitForAnswer(change.dns, change.name, change.address);
  await change.api.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: change.zoneId,
      ChangeBatch: {
        Changes: [
          {
            Action: "UPSERT",
            ResourceRecordSet: {
              Name: change.name,
              Type: "A",
              TTL: 300,
              ResourceRecords: [{ Value: change.address }],
            },
          },
        ],
      },
    }),
  );
  const acknowledgedMs = performance.now() - startedAt;
  return { acknowledgedMs, answeredMs: (await answered) - startedAt };
}

/**
 * Asks again and again until the address is in the answer.
 * @param pauseMs between an answer and the next question; default: none
 * @returns when that was
 */
export async function waitForAnswer(
  dns: DnsClient,
  name: string,
  address: string,
  pauseMs = 0,
): Promise<number> {
  const query = {
    name: parseName(name),
    type: TYPE.A,
    mode: "plain",
    recursionDesired: false,
  } as const;
  const octets = Buffer.from(address.split(".").map(Number)).toString("hex");
  const deadline = performance.now() + answerTimeoutMs;
  for (;;) {
    const response = await ask(dns, query);
    const now = performance.now();
    if (response && readResponse(response).answer.endsWith(octets)) return now;
    if (pauseMs > 0) await sleep(pauseMs);
    if (now > deadline) throw new Error(`${name} does not become ${address}`);
  }
}

/** The id of the benchmarks' zone. */
export async function zoneIdOf(api: Route53Client): Promise<string> {
  const { HostedZones } = await api.send(
    new ListHostedZonesByNameCommand({ DNSName: benchOrigin }),
  );
  const id = HostedZones?.[0]?.Id;
  if (id === undefined) throw new Error(`no hosted zone ${benchOrigin}`);
  return id;
}
