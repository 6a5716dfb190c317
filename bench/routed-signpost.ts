import * as sdk from "@aws-sdk/client-route-53";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { readJson, send } from "../src/cli/connection.ts";
import { importZones } from "../test/differential/transfer-zones.ts";
import { route53Client } from "../test/support/route53-client.ts";
import { startSignpost, type SignpostProcess } from "../test/support/signpost-process.ts";
import { benchOrigin } from "./corpus.ts";
import { addressOfMember, memberWeights, pools } from "./routed-corpus.ts";
import { onServerCore, type Server } from "./servers.ts";

const namesPerBatch = 100;
const failoverRanks = ["PRIMARY", "SECONDARY"] as const;

/**
 * Signpost with one worker. Names `h…` are plain addresses. Names `r…` are geolocation sets, whose
 * aliases lead to weighted sets, whose aliases lead to failover sets with a health check each; all
 * aliases evaluate health. One primary of each pool is down.
 * @param database MaxMind DB to look clients up in; none: the table that Signpost ships
 */
export async function startRoutedSignpost(nameCount: number, database?: string): Promise<Server> {
  const signpost = await startSignpost({ prefix: onServerCore, args: ["--workers", "1"] });
  await importPlainNames(signpost, nameCount);
  if (database !== undefined) {
    const connection = { endpoint: new URL(signpost.api), key: signpost };
    const query = { files: JSON.stringify([database]) };
    await readJson(await send(connection, { method: "POST", path: "geo", query }));
  }
  const api = route53Client(signpost);
  try {
    const { HostedZones } = await api.send(
      new sdk.ListHostedZonesByNameCommand({ DNSName: benchOrigin, MaxItems: 1 }),
    );
    const zoneId = (HostedZones?.[0]?.Id ?? "").replace("/hostedzone/", "");
    await change(api, zoneId, await failoverSets(api));
    await change(api, zoneId, weightedSets(zoneId));
    for (let from = 0; from < nameCount; from += namesPerBatch) {
      const count = Math.min(namesPerBatch, nameCount - from);
      const sets = Array.from({ length: count }, (_, i) => geolocationSets(zoneId, from + i));
      await change(api, zoneId, sets.flat(), { wait: from + count === nameCount });
    }
  } finally {
    api.destroy();
  }
  const { pid, dns } = signpost;
  const name = database === undefined ? "signpost" : "signpost, peers' database";
  return { name, port: dns.port, pid, stop: () => signpost.stop() };
}

async function importPlainNames(signpost: SignpostProcess, nameCount: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const file = join(directory, "bench.zone");
  const head = `$ORIGIN ${benchOrigin}\n$TTL 60\n@ SOA ns1 hostmaster 1 7200 900 1209600 300\n`;
  const address = addressOfMember(pools.length - 1, 0);
  const lines = Array.from({ length: nameCount }, (_, i) => `h${i} A ${address}\n`);
  try {
    writeFileSync(file, `${head}@ NS ns1\nns1 A 192.0.2.53\n${lines.join("")}`);
    await importZones(signpost, [{ origin: benchOrigin, file }]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function failoverSets(api: sdk.Route53Client): Promise<sdk.ResourceRecordSet[]> {
  const sets: sdk.ResourceRecordSet[] = [];
  for (const [pool, { name }] of pools.entries()) {
    for (const member of memberWeights.keys()) {
      for (const [rank, Failover] of failoverRanks.entries()) {
        const isDown = rank === 0 && member === memberWeights.length - 1;
        sets.push({
          Name: failoverName(name, member),
          Type: "A",
          SetIdentifier: Failover,
          Failover,
          TTL: 60,
          ResourceRecords: [{ Value: addressOfMember(pool, member, rank) }],
          HealthCheckId: await createCheck(api, `${name}-${member}-${rank}`, isDown),
        });
      }
    }
  }
  return sets;
}

/** A health check that no probe decides: it is disabled, which is up, or down if inverted too. */
async function createCheck(api: sdk.Route53Client, id: string, isDown: boolean): Promise<string> {
  const { HealthCheck } = await api.send(
    new sdk.CreateHealthCheckCommand({
      CallerReference: id,
      HealthCheckConfig: {
        Type: "HTTP",
        FullyQualifiedDomainName: "www.example.net",
        Disabled: true,
        Inverted: isDown,
      },
    }),
  );
  return HealthCheck?.Id ?? "";
}

function failoverName(pool: string, member: number): string {
  return `m${member}.${pool}.pool.${benchOrigin}`;
}

function weightedSets(HostedZoneId: string): sdk.ResourceRecordSet[] {
  return pools.flatMap(({ name }) =>
    memberWeights.map((Weight, member) => ({
      Name: `${name}.pool.${benchOrigin}`,
      Type: "A" as const,
      SetIdentifier: `m${member}`,
      Weight,
      ...aliasOf(HostedZoneId, failoverName(name, member)),
    })),
  );
}

function geolocationSets(HostedZoneId: string, index: number): sdk.ResourceRecordSet[] {
  return pools.map(({ name, country, continent }) => ({
    Name: `r${index}.${benchOrigin}`,
    Type: "A",
    SetIdentifier: name,
    GeoLocation: continent ? { ContinentCode: continent } : { CountryCode: country ?? "*" },
    ...aliasOf(HostedZoneId, `${name}.pool.${benchOrigin}`),
  }));
}

function aliasOf(HostedZoneId: string, DNSName: string): { AliasTarget: sdk.AliasTarget } {
  return { AliasTarget: { HostedZoneId, DNSName, EvaluateTargetHealth: true } };
}

async function change(
  api: sdk.Route53Client,
  HostedZoneId: string,
  sets: readonly sdk.ResourceRecordSet[],
  { wait = true } = {},
): Promise<void> {
  const Changes = sets.map((set) => ({ Action: "CREATE" as const, ResourceRecordSet: set }));
  const { ChangeInfo } = await api.send(
    new sdk.ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }),
  );
  while (wait) {
    const change = await api.send(new sdk.GetChangeCommand({ Id: ChangeInfo?.Id }));
    if (change.ChangeInfo?.Status === "INSYNC") return;
    await sleep(syncPollMs);
  }
}

const syncPollMs = 10;
