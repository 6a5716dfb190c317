import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand } from "@aws-sdk/client-route-53";
import { present } from "../../src/base/assert.ts";
import { encodeMessage } from "../../src/dns/wire/encode-message.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import { CLASS, RCODE, TYPE } from "../../src/dns/wire/registries.ts";
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

const folder = mkdtempSync(join(tmpdir(), "signpost-endpoints-"));
let opened: Promise<World> | undefined;
after(async () => {
  await (await opened)?.signpost.stop();
  rmSync(folder, { recursive: true, force: true });
});

function world(): Promise<World> {
  opened ??= openWorld();
  return opened;
}

async function openWorld(): Promise<World> {
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

type Direction = "INBOUND" | "INBOUND_DELEGATION" | "OUTBOUND";

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
  const here = await world();
  const { ports, shared, resolver } = here;
  await createZone(here, "vpc-0000000a", "192.0.2.1");
  await createZone(here, "vpc-0000000b", "192.0.2.2");
  const both = { protocols: ["Do53", "DoT"] };
  const endpoint = await createEndpoint(here, "vpc-0000000a", both);
  await createEndpoint(here, "vpc-0000000a", { protocols: ["DoH"], host: 19 });
  await createEndpoint(here, "vpc-0000000b");
  const direction = "INBOUND_DELEGATION";
  await createEndpoint(here, "vpc-0000000b", { direction, host: 29 });

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

/** A name server that answers everything with one address, and notes who asks. */
async function startPartner(t: TestContext) {
  const socket = createSocket("udp4");
  const askers: string[] = [];
  socket.on("message", (query, from) => {
    askers.push(from.address);
    const message = decodeMessage(new Uint8Array(query));
    const owner = present(message.questions[0], "a question").name;
    const rdata = Uint8Array.of(192, 0, 2, 77);
    const answer = [{ owner, type: TYPE.A, class: CLASS.IN, ttl: 60, rdata }];
    const flags = { qr: true, rd: true, ra: true };
    socket.send(encodeMessage({ ...message, flags, answer }), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => void socket.close());
  return { askers, Port: socket.address().port };
}

testWith([opensslPath], "forwarded queries leave from their endpoint's addresses", async (t) => {
  const here = await world();
  const { resolver, ports } = here;
  const { askers, Port } = await startPartner(t);
  const direction = "OUTBOUND";
  const ResolverEndpointId = await createEndpoint(here, "vpc-0000000a", { direction, host: 39 });
  await createEndpoint(here, "vpc-0000000a", { host: 49 });
  const { ResolverRule } = await resolver("CreateResolverRule", {
    CreatorRequestId: "partner",
    RuleType: "FORWARD",
    DomainName: "partner.test",
    TargetIps: [{ Ip: "127.0.0.1", Port }],
    ResolverEndpointId,
  });
  const ResolverRuleId = ResolverRule?.Id ?? "";
  await resolver("AssociateResolverRule", { ResolverRuleId, VPCId: "vpc-0000000a" });
  const asked = { address: "127.1.0.49", port: ports.Do53 };
  await eventually("the rule is in force", async () => {
    const { answer } = await ask(asked, "www.partner.test", "A");
    return answer[0]?.rdata.join(".") === "192.0.2.77";
  });
  for (let i = 0; i < 10; i++) await ask(asked, `n${i}.partner.test`, "A");
  assert.deepEqual(
    [...new Set(askers)].filter((each) => !/^127\.1\.0\.(39|40)$/.test(each)),
    [],
  );
});

testWith([opensslPath], "rules that lead round over two VPCs' endpoints fail at once", async () => {
  const here = await world();
  const { resolver, ports } = here;
  await createEndpoint(here, "vpc-0000000a", { host: 59 });
  await createEndpoint(here, "vpc-0000000b", { host: 59 });
  for (const [VPCId, Ip] of [
    ["vpc-0000000a", "127.2.0.59"],
    ["vpc-0000000b", "127.1.0.59"],
  ] as const) {
    const { ResolverRule } = await resolver("CreateResolverRule", {
      CreatorRequestId: `loop ${VPCId}`,
      RuleType: "FORWARD",
      DomainName: "loop.test",
      TargetIps: [{ Ip, Port: ports.Do53 }],
    });
    await resolver("AssociateResolverRule", { ResolverRuleId: ResolverRule?.Id ?? "", VPCId });
  }
  const words = ["vpc", "host", "add", "vpc-0000000a", "last.test", "192.0.2.9"];
  await run(repositoryPath("bin/signpost"), [...words, "--data", here.signpost.dataDir]);
  const asked = { address: "127.1.0.59", port: ports.Do53 };
  await eventually("all that was said before is in force", async () => {
    return (await ask(asked, "last.test", "A")).answer.length > 0;
  });
  const beganMs = performance.now();
  assert.equal((await ask(asked, "www.loop.test", "A")).rcode, RCODE.SERVFAIL);
  assert.ok(performance.now() - beganMs < 1_000, "nobody waits for a query that comes back");
});
