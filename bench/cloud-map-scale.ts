import {
  CreatePrivateDnsNamespaceCommand,
  CreateServiceCommand,
  DeregisterInstanceCommand,
  DiscoverInstancesCommand,
  GetOperationCommand,
  RegisterInstanceCommand,
  ServiceDiscoveryClient,
} from "@aws-sdk/client-servicediscovery";
import { execFileSync } from "node:child_process";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { parseName } from "../src/dns/wire/name.ts";
import { TYPE } from "../src/dns/wire/registries.ts";
import { ask } from "../test/differential/query.ts";
import { readResponse } from "../test/differential/response.ts";
import { DnsClient } from "../test/support/dns-client.ts";
import {
  repositoryPath,
  startSignpost,
  type SignpostProcess,
} from "../test/support/signpost-process.ts";
import { addressOf } from "./corpus.ts";
import { proportionalMemoryKib } from "./process-tree.ts";
import { publish, quantile } from "./report.ts";

/** How much is measured. */
export type CloudMapScaleOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  readonly instanceCount: number;
  /** Instances that are registered, answered and deregistered one after the other. */
  readonly changes: number;
};

/** Of one namespace: each has a service with SRV records and one instance, so two names. */
const servicesPerNamespace = 10;
/** Requests at once while it is filled. */
const concurrency = 24;
const answerTimeoutMs = 10_000;
const vpcId = "vpc-be0c0000";
const flags = ["--log-level", "error", "--resolver", `127.0.0.1:0=${vpcId}`];

/**
 * Many instances over many services and namespaces, two names each: memory, time to fill, time to
 * start again; then register → answer, and DiscoverInstances, on top of them.
 */
export async function cloudMapScale(options: CloudMapScaleOptions): Promise<void> {
  const { instanceCount, changes } = options;
  const namespaceCount = Math.ceil(instanceCount / servicesPerNamespace);
  const first = await startSignpost({ args: flags });
  createVpc(first);
  const emptyKib = proportionalMemoryKib(first.pid);
  const startedAt = performance.now();
  await fill(first, namespaceCount);
  const fillSeconds = (performance.now() - startedAt) / 1000;
  const samples = await measureChanges(first, namespaceCount, changes);
  const discoverMs = await measureDiscovery(first, namespaceCount, changes);
  const filledKib = proportionalMemoryKib(first.pid);
  await first.kill("SIGTERM");
  const restartAt = performance.now();
  const second = await startSignpost({
    dataDir: first.dataDir,
    args: flags,
    readyTimeoutMs: 300_000,
  });
  const restartMs = performance.now() - restartAt;
  const restartedKib = proportionalMemoryKib(second.pid);
  const databaseMib = statSync(join(first.dataDir, "signpost.db")).size / 2 ** 20;
  await second.kill("SIGTERM");
  rmSync(first.dataDir, { recursive: true, force: true });
  const mib = (kib: number): string => (kib / 1024).toFixed(0);
  const ms = (values: readonly number[]): string =>
    [0.5, 0.99, 1].map((share) => quantile(values, share).toFixed(1)).join(" / ");
  publish(
    {
      name: "cloud-map-scale",
      title: "Cloud Map with many instances",
      method:
        `${namespaceCount} private DNS namespaces of ${servicesPerNamespace} services, each ` +
        "with SRV records, custom health and one instance: two names an instance. Filled by the " +
        `AWS SDK, ${concurrency} requests at once, each on disk before it is answered. Then, one ` +
        "after the other, an instance of an A service is registered and asked of the resolver " +
        "(UDP, without a pause) until it is answered, and deregistered until the name is gone. " +
        "Memory is PSS of the whole process, images included. Milliseconds: p50 / p99 / max.",
      columns: ["what", "value"],
      rows: [
        ["instances, names", `${instanceCount}, ${2 * instanceCount}`],
        ["memory empty → filled", `${mib(emptyKib)} → ${mib(filledKib)} MiB`],
        ["memory after a restart", `${mib(restartedKib)} MiB`],
        ["database", `${databaseMib.toFixed(0)} MiB`],
        ["filled in", `${fillSeconds.toFixed(0)} s`],
        ["restart until ready", `${restartMs.toFixed(0)} ms`],
        ["RegisterInstance → API's answer", ms(samples.map((sample) => sample.acknowledgedMs))],
        ["RegisterInstance → DNS answers", ms(samples.map((sample) => sample.answeredMs))],
        ["DeregisterInstance → DNS has it not", ms(samples.map((sample) => sample.goneMs))],
        ["DiscoverInstances", ms(discoverMs)],
      ],
    },
    options.results,
  );
}

function createVpc({ dataDir }: SignpostProcess): void {
  const words = ["vpc", "create", "--id", vpcId, "--region", "us-east-1", "--cidr", "10.0.0.0/8"];
  execFileSync(repositoryPath("bin/signpost"), [...words, "--data", dataDir]);
}

function clientOf(signpost: SignpostProcess): ServiceDiscoveryClient {
  const { accessKeyId, secretAccessKey } = signpost;
  return new ServiceDiscoveryClient({
    region: "us-east-1",
    endpoint: signpost.api,
    credentials: { accessKeyId, secretAccessKey },
    disableHostPrefix: true,
  });
}

async function fill(signpost: SignpostProcess, namespaceCount: number): Promise<void> {
  const client = clientOf(signpost);
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < namespaceCount) await fillNamespace(client, next++);
  };
  await Promise.all(Array.from({ length: concurrency }, run));
  client.destroy();
}

function nameOf(namespace: number): string {
  return `n${namespace}.bench.example`;
}

async function fillNamespace(client: ServiceDiscoveryClient, index: number): Promise<void> {
  const NamespaceId = await createNamespace(client, nameOf(index));
  for (let i = 0; i < servicesPerNamespace; i++) {
    const { Service } = await client.send(
      new CreateServiceCommand({
        Name: `s${i}`,
        NamespaceId,
        DnsConfig: { DnsRecords: [{ Type: "SRV", TTL: 10 }] },
        HealthCheckCustomConfig: { FailureThreshold: 1 },
      }),
    );
    await client.send(
      new RegisterInstanceCommand({
        ServiceId: Service?.Id,
        InstanceId: `i-${index}-${i}`,
        Attributes: {
          AWS_INSTANCE_IPV4: addressOf(index * servicesPerNamespace + i),
          AWS_INSTANCE_PORT: "8080",
          version: "1",
        },
      }),
    );
  }
}

async function createNamespace(client: ServiceDiscoveryClient, Name: string): Promise<string> {
  const made = await client.send(new CreatePrivateDnsNamespaceCommand({ Name, Vpc: vpcId }));
  const { Operation } = await client.send(new GetOperationCommand(made as { OperationId: string }));
  const id = Operation?.Targets?.NAMESPACE;
  if (id === undefined) throw new Error(`Cannot create ${Name}: ${Operation?.ErrorMessage}`);
  return id;
}

type Sample = {
  readonly acknowledgedMs: number;
  readonly answeredMs: number;
  readonly goneMs: number;
};

async function measureChanges(
  signpost: SignpostProcess,
  namespaceCount: number,
  changes: number,
): Promise<Sample[]> {
  const client = clientOf(signpost);
  const dns = await DnsClient.open({ port: signpost.resolvers[0]?.port ?? 0 });
  const samples: Sample[] = [];
  const origin = nameOf(namespaceCount);
  const NamespaceId = await createNamespace(client, origin);
  const { Service } = await client.send(
    new CreateServiceCommand({
      Name: "web",
      NamespaceId,
      DnsConfig: { DnsRecords: [{ Type: "A", TTL: 10 }] },
    }),
  );
  const warmUp = 5;
  for (let i = -warmUp; i < changes; i++) {
    const sample = await measureInstance({ client, dns, origin, ServiceId: Service?.Id, index: i });
    if (i >= 0) samples.push(sample);
  }
  dns.close();
  client.destroy();
  return samples;
}

async function measureInstance(of: {
  client: ServiceDiscoveryClient;
  dns: DnsClient;
  origin: string;
  ServiceId: string | undefined;
  index: number;
}): Promise<Sample> {
  const { client, dns, ServiceId, index } = of;
  const name = `web.${of.origin}`;
  const address = addressOf(1_000_000 + index);
  const instance = { ServiceId, InstanceId: `i${index}` };
  const startedAt = performance.now();
  const answered = waitFor(dns, name, (answer) => answer.endsWith(octets(address)));
  const Attributes = { AWS_INSTANCE_IPV4: address };
  await client.send(new RegisterInstanceCommand({ ...instance, Attributes }));
  const acknowledgedMs = performance.now() - startedAt;
  const answeredMs = (await answered) - startedAt;
  const leftAt = performance.now();
  const gone = waitFor(dns, name, (answer) => answer === "");
  await client.send(new DeregisterInstanceCommand(instance));
  return { acknowledgedMs, answeredMs, goneMs: (await gone) - leftAt };
}

function octets(address: string): string {
  return Buffer.from(address.split(".").map(Number)).toString("hex");
}

/** Asks again and again until the answer is as wanted. @returns when that was */
async function waitFor(
  dns: DnsClient,
  name: string,
  isWanted: (answer: string) => boolean,
): Promise<number> {
  const query = {
    name: parseName(name),
    type: TYPE.A,
    mode: "plain",
    recursionDesired: true,
  } as const;
  const deadline = performance.now() + answerTimeoutMs;
  for (;;) {
    const response = await ask(dns, query);
    const now = performance.now();
    if (response && isWanted(readResponse(response).answer)) return now;
    if (now > deadline) throw new Error(`${name} does not change`);
  }
}

async function measureDiscovery(
  signpost: SignpostProcess,
  namespaceCount: number,
  count: number,
): Promise<number[]> {
  const client = clientOf(signpost);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const NamespaceName = nameOf(Math.floor((i * namespaceCount) / count));
    const startedAt = performance.now();
    const { Instances } = await client.send(
      new DiscoverInstancesCommand({ NamespaceName, ServiceName: "s3" }),
    );
    times.push(performance.now() - startedAt);
    if (Instances?.length !== 1) throw new Error(`${NamespaceName} has no instance`);
  }
  client.destroy();
  return times;
}
