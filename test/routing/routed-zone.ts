import { after } from "node:test";
import * as sdk from "@aws-sdk/client-route-53";
import { DnsClient } from "../support/dns-client.ts";
import { route53Client } from "../support/route53-client.ts";
import { startSignpost } from "../support/signpost-process.ts";

/** A Signpost with one hosted zone, into which routed sets are put through the API. */

export const signpost = await startSignpost({ args: ["--workers", "1"] });
export const route53 = route53Client(signpost);
export const dns = await DnsClient.open(signpost.dns);
after(async () => {
  dns.close();
  route53.destroy();
  await signpost.stop();
});

export const apex = "policies.example";
const { HostedZone } = await route53.send(
  new sdk.CreateHostedZoneCommand({ Name: apex, CallerReference: apex }),
);
export const zoneId = (HostedZone?.Id ?? "").replace("/hostedzone/", "");

/** Status of a health check that no probe decides: Disabled is up, Disabled and Inverted down. */
export type Health = "up" | "down";

let checks = 0;

export async function createCheck(config: Partial<sdk.HealthCheckConfig>): Promise<string> {
  const { HealthCheck } = await route53.send(
    new sdk.CreateHealthCheckCommand({
      CallerReference: `check ${checks++}`,
      HealthCheckConfig: { Type: "HTTP", FullyQualifiedDomainName: "www.example.net", ...config },
    }),
  );
  return HealthCheck?.Id ?? "";
}

const shared = new Map<Health, Promise<string>>();

/** A health check of this status; the same for all that only read it. */
export function checkOf(health: Health): Promise<string> {
  let id = shared.get(health);
  if (!id) shared.set(health, (id = createCheck(settingsOf(health))));
  return id;
}

export function settingsOf(health: Health): { Disabled: true; Inverted: boolean } {
  return { Disabled: true, Inverted: health === "down" };
}

/** A set of a case: its policy and either an address or the name it is an alias of. */
export type SetInput = Omit<Partial<sdk.ResourceRecordSet>, "Name"> & {
  /** Set identifier. */
  id?: string;
  /** Below the case's own name; default: the case's own name. */
  at?: string;
  /** Addresses; default: none, an alias. */
  ip?: string | string[];
  /** The name it is an alias of, below the case's own name. */
  alias?: string;
  /** EvaluateTargetHealth; default true. */
  eth?: boolean;
  health?: Health | { check: string };
};

const ttlDefault = 60;

async function toSet(name: string, input: SetInput): Promise<sdk.ResourceRecordSet> {
  const { id, at, ip, alias, eth, health, ...rest } = input;
  const target =
    alias === undefined
      ? {
          TTL: rest.TTL ?? ttlDefault,
          ResourceRecords: [ip ?? []].flat().map((Value) => ({ Value })),
        }
      : {
          AliasTarget: {
            HostedZoneId: zoneId,
            DNSName: alias === "" ? name : `${alias}.${name}`,
            EvaluateTargetHealth: eth ?? true,
          },
        };
  const HealthCheckId = typeof health === "object" ? health.check : health && checkOf(health);
  return {
    Name: at ? `${at}.${name}` : name,
    Type: "A",
    ...rest,
    ...target,
    ...(id === undefined ? {} : { SetIdentifier: id }),
    ...(HealthCheckId ? { HealthCheckId: await HealthCheckId } : {}),
  };
}

/** Creates sets in one batch and waits until they are served. */
export async function createSets(name: string, inputs: readonly SetInput[]): Promise<void> {
  const sets = await Promise.all(inputs.map((input) => toSet(name, input)));
  // What an alias leads to is created before it.
  const order = sets.toSorted((a, b) => Number(!!a.AliasTarget) - Number(!!b.AliasTarget));
  await applied(order.map((ResourceRecordSet) => ({ Action: "CREATE", ResourceRecordSet })));
}

export async function applied(Changes: sdk.Change[]): Promise<void> {
  const { ChangeInfo } = await route53.send(
    new sdk.ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Changes } }),
  );
  await insync(ChangeInfo?.Id);
}

const insyncTimeoutMs = 5_000;

/** Waits for a change to be served; the SDK's own waiter never asks twice within a second. */
export async function insync(Id: string | undefined): Promise<void> {
  const deadlineMs = Date.now() + insyncTimeoutMs;
  for (;;) {
    const { ChangeInfo } = await route53.send(new sdk.GetChangeCommand({ Id }));
    if (ChangeInfo?.Status === "INSYNC") return;
    if (Date.now() > deadlineMs) throw new Error(`Change ${Id} is not in sync`);
  }
}

let names = 0;

/** A name of the zone that no other case has. */
export function freshName(): string {
  return `case${names++}.${apex}`;
}
