import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { promisify } from "node:util";
import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand } from "@aws-sdk/client-route-53";
import { RCODE } from "../../src/dns/wire/registries.ts";
import { ask } from "../support/ask.ts";
import { makeCertificate, opensslPath } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { testWith } from "../support/peers.ts";
import { resolverClient } from "../support/resolver-client.ts";
import type { ResolverClient } from "../support/resolver-client.ts";
import { route53Client } from "../support/route53-client.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

// Two VPCs on loopback: nobody who asks from 127.0.0.1 is a client of either by his address.

const run = promisify(execFile);
const kdig = "/usr/bin/kdig";
const vpcs = { "vpc-0000000a": "127.1.0.0/24", "vpc-0000000b": "127.2.0.0/24" };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function isFree(address: string, port: number): Promise<boolean> {
  const server = createServer().listen(port, address);
  try {
    await once(server, "listening"); // rejects where "error" comes first
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

type World = {
  signpost: SignpostProcess;
  resolver: ResolverClient;
  ports: { Do53: number; DoT: number; DoH: number };
  /** The listener for all VPCs. */
  shared: { address: string; port: number };
};

async function openWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "signpost-inbound-"));
  const { cert, key } = makeCertificate({ names: ["dns.corp.test"] });
  writeFileSync(join(folder, "cert.pem"), cert);
  writeFileSync(join(folder, "key.pem"), key);
  const ports = { Do53: await freePort(), DoT: await freePort(), DoH: await freePort() };
  const shared = { address: "127.0.0.1", port: await freePort() };
  const numbers = Object.entries(ports).map(([name, port]) => `${name}=${port}`);
  const signpost = await startSignpost({
    args: [
      ...["--workers", "1", "--resolver", `127.0.0.1:${shared.port}`],
      ...["--inbound-port", numbers.join(",")],
      ...["--resolver-certificate", join(folder, "cert.pem")],
      ...["--resolver-key", join(folder, "key.pem")],
    ],
  });
  after(async () => {
    await signpost.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const [id, subnet] of Object.entries(vpcs)) {
    const cidr = subnet.replace("/24", "/16");
    const options = ["--id", id, "--region", "us-east-1", "--cidr", cidr];
    const words = [
      "vpc",
      "create",
      ...options,
      "--subnet",
      `${id.replace("vpc", "subnet")}=${subnet}`,
    ];
    await run(repositoryPath("bin/signpost"), [...words, "--data", signpost.dataDir]);
  }
  return { signpost, resolver: resolverClient(signpost), ports, shared };
}

async function createZone({ signpost }: World, vpcId: string, address: string): Promise<void> {
  const client = route53Client(signpost);
  const { HostedZone } = await client.send(
    new CreateHostedZoneCommand({
      Name: "corp.test",
      CallerReference: vpcId,
      VPC: { VPCId: vpcId, VPCRegion: "us-east-1" },
    }),
  );
  const ResourceRecordSet = {
    Name: "www.corp.test",
    Type: "A" as const,
    TTL: 60,
    ResourceRecords: [{ Value: address }],
  };
  await client.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: HostedZone?.Id,
      ChangeBatch: { Changes: [{ Action: "CREATE", ResourceRecordSet }] },
    }),
  );
}

type Direction = "INBOUND" | "INBOUND_DELEGATION";

async function createEndpoint(
  { resolver }: World,
  vpcId: keyof typeof vpcs,
  { direction = "INBOUND" as Direction, host = 9, protocols = ["Do53"] } = {},
): Promise<string> {
  const subnet = vpcId.replace("vpc", "subnet");
  const network = vpcs[vpcId].replace("0/24", "");
  const { ResolverEndpoint } = await resolver("CreateResolverEndpoint", {
    CreatorRequestId: `${vpcId} ${direction} ${host}`,
    SecurityGroupIds: ["sg-1"],
    Direction: direction,
    IpAddresses: [host, host + 1].map((last) => ({ SubnetId: subnet, Ip: `${network}${last}` })),
    Protocols: protocols as never, // DoT is ours
  });
  const id = ResolverEndpoint?.Id ?? "";
  await eventually("the endpoint is operational", async () => {
    const got = await resolver("GetResolverEndpoint", { ResolverEndpointId: id });
    return got.ResolverEndpoint?.Status === "OPERATIONAL";
  });
  return id;
}

testWith([opensslPath, kdig], "inbound endpoints answer for their VPC, each its own", async () => {
  const world = await openWorld();
  const { ports, shared, resolver } = world;
  await createZone(world, "vpc-0000000a", "192.0.2.1");
  await createZone(world, "vpc-0000000b", "192.0.2.2");
  const both = { protocols: ["Do53", "DoT"] };
  const endpoint = await createEndpoint(world, "vpc-0000000a", both);
  await createEndpoint(world, "vpc-0000000a", { protocols: ["DoH"], host: 19 });
  await createEndpoint(world, "vpc-0000000b");
  const direction = "INBOUND_DELEGATION";
  await createEndpoint(world, "vpc-0000000b", { direction, host: 29 });

  const answers = async (address: string): Promise<string> => {
    const message = await ask({ address, port: ports.Do53 }, "www.corp.test", "A");
    const { aa, ra } = message.flags;
    const flags = `${aa ? "aa " : ""}${ra ? "ra " : ""}`;
    return `${flags}${message.answer.map(({ rdata }) => rdata.join(".")).join()}`;
  };
  await eventually(
    "127.1.0.9 answers",
    async () => (await answers("127.1.0.9")) === "ra 192.0.2.1",
  );
  await eventually(
    "127.2.0.9 answers",
    async () => (await answers("127.2.0.9")) === "ra 192.0.2.2",
  );
  assert.equal(await answers("127.1.0.10"), "ra 192.0.2.1");
  assert.equal(await answers("127.2.0.29"), "aa 192.0.2.2");
  const elsewhere = { address: "127.2.0.29", port: ports.Do53 };
  assert.equal((await ask(elsewhere, "localhost", "A")).rcode, RCODE.REFUSED);
  assert.equal((await ask(shared, "www.corp.test", "A")).rcode, RCODE.REFUSED);

  const shortly = async (...words: string[]): Promise<string> =>
    (await run(kdig, [...words, "+short", "+timeout=5", "www.corp.test", "A"])).stdout.trim();
  assert.equal(await shortly("@127.1.0.9", "-p", String(ports.Do53), "+tcp"), "192.0.2.1");
  assert.equal(await shortly("@127.1.0.9", "-p", String(ports.DoT), "+tls"), "192.0.2.1");
  assert.equal(await shortly("@127.1.0.19", "-p", String(ports.DoH), "+https"), "192.0.2.1");

  await resolver("DeleteResolverEndpoint", { ResolverEndpointId: endpoint });
  await eventually("nobody has the port any more", () => isFree("127.1.0.9", ports.Do53));
  assert.equal(await shortly("@127.1.0.19", "-p", String(ports.DoH), "+https"), "192.0.2.1");
});
