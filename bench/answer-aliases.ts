import * as sdk from "@aws-sdk/client-route-53";
import { setTimeout as sleep } from "node:timers/promises";

import { route53Client } from "../test/support/route53-client.ts";
import { aliasCount } from "./answer-corpus.ts";
import { benchOrigin } from "./corpus.ts";
import type { SignpostServer } from "./servers.ts";

const aliasesPerBatch = 500;
const syncPollMs = 10;

/** Makes names `a…` that are aliases of names `h…`, and waits until they are served. */
export async function createAliases({ signpost }: SignpostServer): Promise<void> {
  const api = route53Client(signpost);
  try {
    const found = new sdk.ListHostedZonesByNameCommand({ DNSName: benchOrigin, MaxItems: 1 });
    const { HostedZones } = await api.send(found);
    const zoneId = (HostedZones?.[0]?.Id ?? "").replace("/hostedzone/", "");
    for (let from = 0; from < aliasCount; from += aliasesPerBatch) {
      await createBatch(api, zoneId, from);
    }
  } finally {
    api.destroy();
  }
}

async function createBatch(api: sdk.Route53Client, zoneId: string, from: number): Promise<void> {
  const Changes = Array.from({ length: aliasesPerBatch }, (_, i) => ({
    Action: "CREATE" as const,
    ResourceRecordSet: {
      Name: `a${from + i}.${benchOrigin}`,
      Type: "A" as const,
      AliasTarget: {
        HostedZoneId: zoneId,
        DNSName: `h${from + i}.${benchOrigin}`,
        EvaluateTargetHealth: false,
      },
    },
  }));
  const { ChangeInfo } = await api.send(
    new sdk.ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Changes } }),
  );
  for (;;) {
    const change = await api.send(new sdk.GetChangeCommand({ Id: ChangeInfo?.Id }));
    if (change.ChangeInfo?.Status === "INSYNC") return;
    await sleep(syncPollMs);
  }
}
