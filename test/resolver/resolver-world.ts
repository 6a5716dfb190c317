import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import type { TestContext } from "node:test";
import { promisify } from "node:util";

import { awsCli } from "../support/aws-cli.ts";
import type { Json } from "../support/aws-cli.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";
import { digPath } from "./dig.ts";
import { openNetworks, within } from "./networks.ts";
import type { Networks } from "./networks.ts";
import { knotPath, startKnot, startUnbound, unboundPath } from "./servers.ts";
import type { NameServer } from "./servers.ts";

/** What `openWorld` needs, for `networksTest`. */
export const worldPrograms = [awsCli, digPath, knotPath, unboundPath];

export const region = "us-east-1";
export const vpcA = "vpc-0000000a";
export const vpcB = "vpc-0000000b";
const subnetA = "subnet-0000000a";

/** Signpost's resolver with clients in two VPCs, an Internet of its own and a partner's server. */
export type ResolverWorld = {
  networks: Networks;
  signpost: SignpostProcess;
  /** Serves `.` and `world.` at 10.9.0.53: what Unbound, the upstream resolver, finds. */
  internet: NameServer;
  /** The upstream resolver, whose output names each query that it gets. */
  unbound: NameServer;
  /** Serves `world.` at 10.9.0.54, with other addresses. */
  partner: NameServer;
  /** Runs the AWS CLI; words that are no text are written as JSON. */
  aws(service: "route53" | "route53resolver", ...words: readonly unknown[]): Promise<Json>;
  /** Runs `bin/signpost`. */
  command(...words: string[]): Promise<string>;
  /** Creates a hosted zone of A and CNAME records; private to the VPCs. @returns its id */
  zone(name: string, records: Readonly<Record<string, string>>, vpcs?: string[]): Promise<string>;
  /** An OUTBOUND endpoint of VPC A. @returns its id */
  outboundEndpoint(): Promise<string>;
  /** A FORWARD or SYSTEM rule, on VPC A. @returns its id */
  rule(type: "FORWARD" | "SYSTEM", domain: string, forward?: Forward): Promise<string>;
};

export type Forward = { endpointId: string; targets: readonly string[] };

/** Where clients of each VPC ask; the public name server is at the same addresses. */
export const resolverOf = { a: "10.1.0.1", b: "10.2.0.1" } as const;
export const publicPort = 5300;

const run = promisify(execFile);

/** All of it is stopped when the test ends. */
export async function openWorld(
  t: TestContext,
  { args = [] }: { args?: readonly string[] } = {},
): Promise<ResolverWorld> {
  const networks = openNetworks();
  t.after(() => networks.close());
  const [internet, partner] = await Promise.all([
    startKnot({
      namespace: networks.servers,
      addresses: ["10.9.0.53"],
      zones: {
        ".": ["@ NS ns.", "ns A 10.9.0.53", "world NS ns.world.", "ns.world. A 10.9.0.53"],
        "world.": ["@ NS ns", "ns A 10.9.0.53", "* A 192.0.2.1", "open A 192.0.2.2"],
      },
    }),
    startKnot({
      namespace: networks.servers,
      addresses: ["10.9.0.54"],
      zones: { "world.": ["@ NS ns", "ns A 10.9.0.54", "* A 10.9.9.1", "open A 10.9.9.2"] },
    }),
  ]);
  t.after(() => Promise.all([internet.stop(), partner.stop()]));
  const unbound = await startUnbound({
    namespace: networks.resolver,
    port: 5353,
    rootServer: "10.9.0.53",
  });
  t.after(() => unbound.stop());
  const signpost = await startSignpost({
    prefix: within(networks.resolver),
    args: [...listeners(), "--upstream", "127.0.0.1:5353", ...args],
  });
  t.after(() => signpost.stop());
  const world = worldOf({ networks, signpost, internet, unbound, partner });
  await createVpcs(world);
  return world;
}

function listeners(): string[] {
  return Object.values(resolverOf).flatMap((address) => [
    ...["--dns", `${address}:${publicPort}`],
    ...["--resolver", `${address}:53`],
  ]);
}

async function createVpcs({ command }: ResolverWorld): Promise<void> {
  const create = (id: string, cidr: string, subnet: string): Promise<string> =>
    command("vpc", "create", "--id", id, "--region", region, "--cidr", cidr, "--subnet", subnet);
  await create(vpcA, "10.1.0.0/16", `${subnetA}=10.1.0.0/24`);
  await create(vpcB, "10.2.0.0/16", "subnet-0000000b=10.2.0.0/24");
}

type Parts = Pick<ResolverWorld, "networks" | "signpost" | "internet" | "unbound" | "partner">;

function worldOf(parts: Parts): ResolverWorld {
  const { networks, signpost } = parts;
  const inside = async (command: readonly string[]): Promise<string> => {
    const [first = "", ...rest] = [...within(networks.resolver), ...command];
    const { stdout } = await run(first, rest, { env: signpost.env, timeout: 60_000 });
    return stdout;
  };
  const aws: ResolverWorld["aws"] = async (service, ...words) => {
    const texts = words.map((word) => (typeof word === "string" ? word : JSON.stringify(word)));
    const options = ["--endpoint-url", signpost.api, "--output", "json"];
    const stdout = await inside([awsCli, ...options, service, ...texts]);
    return stdout === "" ? undefined : JSON.parse(stdout);
  };
  const command: ResolverWorld["command"] = (...words) => {
    return inside([repositoryPath("bin/signpost"), ...words, "--data", signpost.dataDir]);
  };
  return {
    ...parts,
    aws,
    command,
    zone: (name, records, vpcs = []) => createZone(aws, { name, records, vpcs }),
    outboundEndpoint: () => createOutboundEndpoint(aws),
    rule: (type, domain, forward) => createRule(aws, { type, domain, forward }),
  };
}

type Aws = ResolverWorld["aws"];
let referenceCount = 0;

function reference(): string {
  return `reference-${process.pid}-${++referenceCount}`;
}

type NewZone = { name: string; records: Readonly<Record<string, string>>; vpcs: readonly string[] };

async function createZone(aws: Aws, { name, records, vpcs }: NewZone): Promise<string> {
  const [first, ...more] = vpcs.map((VPCId) => ({ VPCRegion: region, VPCId }));
  const words = ["--name", name, "--caller-reference", reference()];
  const { HostedZone } = await aws(
    "route53",
    "create-hosted-zone",
    ...words,
    ...(first ? ["--vpc", first] : []),
  );
  const id = HostedZone.Id as string;
  for (const vpc of more) {
    await aws("route53", "associate-vpc-with-hosted-zone", "--hosted-zone-id", id, "--vpc", vpc);
  }
  const sets = Object.entries(records).map(([owner, value]) => ({
    Name: owner,
    Type: /^[\d.]+$/.test(value) ? "A" : "CNAME",
    TTL: 60,
    ResourceRecords: [{ Value: value }],
  }));
  const Changes = sets.map((set) => ({ Action: "UPSERT", ResourceRecordSet: set }));
  const { ChangeInfo } = await aws(
    "route53",
    "change-resource-record-sets",
    ...["--hosted-zone-id", id, "--change-batch", { Changes }],
  );
  await aws("route53", "wait", "resource-record-sets-changed", "--id", ChangeInfo.Id);
  return id;
}

async function createOutboundEndpoint(aws: Aws): Promise<string> {
  const { ResolverEndpoint } = await aws(
    "route53resolver",
    "create-resolver-endpoint",
    ...["--creator-request-id", reference(), "--direction", "OUTBOUND"],
    ...["--security-group-ids", "sg-0000000a", "--ip-addresses"],
    ...["10.1.0.1", "10.1.0.2"].map((ip) => `SubnetId=${subnetA},Ip=${ip}`),
  );
  const id = ResolverEndpoint.Id as string;
  const { ResolverEndpoint: made } = await aws(
    "route53resolver",
    "get-resolver-endpoint",
    ...["--resolver-endpoint-id", id],
  );
  assert.equal(made.Status, "OPERATIONAL");
  return id;
}

type NewRule = { type: "FORWARD" | "SYSTEM"; domain: string; forward: Forward | undefined };

async function createRule(aws: Aws, { type, domain, forward }: NewRule): Promise<string> {
  const { ResolverRule } = await aws(
    "route53resolver",
    "create-resolver-rule",
    ...["--creator-request-id", reference(), "--rule-type", type, "--domain-name", domain],
    ...(forward ? forwardWords(forward) : []),
  );
  const id = ResolverRule.Id as string;
  await aws(
    "route53resolver",
    "associate-resolver-rule",
    ...["--resolver-rule-id", id, "--vpc-id", vpcA],
  );
  return id;
}

function forwardWords({ endpointId, targets }: Forward): string[] {
  const ips = targets.map((Ip) => `Ip=${Ip},Port=53`);
  return ["--resolver-endpoint-id", endpointId, "--target-ips", ...ips];
}
