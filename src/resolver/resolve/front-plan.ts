import { formatEndpoint } from "../../dataplane/server/socket-address.ts";
import { CUT } from "../front/hand-over.ts";
import type { PlannedZone, ViewPlan } from "../front/hand-over.ts";
import { keyName, suffixKeys } from "../../dns/wire/name-key.ts";
import type { Cut, ViewSettings } from "./resolver-plan.ts";

/** What the front needs to know of a VPC: where it may answer by itself. */
export function frontPlan(settings: ViewSettings): ViewPlan {
  const { view, vpcId, cidrs, partition, firewall } = settings;
  const zones: PlannedZone[] = [];
  const cuts: ViewPlan["cuts"][number][] = [];
  for (const [key, own] of settings.cuts) {
    const name = keyName(key);
    for (const cut of own) {
      if (cut.kind === "zone") zones.push({ zoneId: cut.zoneId, apex: name });
    }
    const number = partitionOf(key, settings);
    if (number !== undefined) cuts.push({ name, partition: number });
  }
  return {
    ...{ view, vpcId, cidrs, zones, cuts, publicPartition: partition },
    listeners: settings.listeners.map((listener) => formatEndpoint(listener)),
    firewall: firewall?.filter,
    handOverAll: handsAllOver(settings),
  };
}

/** Whether the front may answer nothing by itself. */
export function handsAllOver({ queryLogs, validates, dns64 }: ViewSettings): boolean {
  return queryLogs.length > 0 || validates || dns64;
}

/** What the front does at a name and below; undefined: what its zone says. */
function partitionOf(key: string, { cuts, partition }: ViewSettings): number | undefined {
  const [first] = cuts.get(key) ?? [];
  switch (first?.kind) {
    case "forward":
      return partition;
    case "hosts":
    case "autodefined":
      return CUT.HAND_OVER;
    case "system":
      return systemCut(key, cuts);
  }
  return undefined;
}

/** Below a SYSTEM rule autodefined names are what they are; the front has no word for them. */
function systemCut(key: string, cuts: ViewSettings["cuts"]): number | undefined {
  for (const above of suffixKeys(key)) {
    for (const { kind } of cuts.get(above) ?? ([] as readonly Cut[])) {
      if (kind === "autodefined") return CUT.HAND_OVER;
      if (kind === "zone") return above === key ? undefined : CUT.SYSTEM;
    }
  }
  return CUT.SYSTEM;
}
