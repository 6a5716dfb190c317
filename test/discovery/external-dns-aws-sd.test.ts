import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DeregisterInstanceCommand,
  GetOperationCommand,
  ListNamespacesCommand,
  ListOperationsCommand,
  RegisterInstanceCommand,
  UpdateServiceCommand,
  paginateListInstances,
  paginateListNamespaces,
  paginateListServices,
} from "@aws-sdk/client-servicediscovery";
import type {
  NamespaceSummary,
  ServiceDiscoveryClient,
  ServiceSummary,
} from "@aws-sdk/client-servicediscovery";
import { TYPE } from "../../src/dns/wire/registries.ts";
import { askAddress, untilAddress } from "../support/ask-address.ts";
import { ask } from "../support/ask.ts";
import { cloudMapClient, publicNamespace } from "../support/cloud-map-client.ts";
import { eventually } from "../support/eventually.ts";
import { startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

// external-dns itself (https://github.com/kubernetes-sigs/external-dns) is not run here: this does
// what its provider `aws-sd` does in each of its loops, call by call and member by member.

type Endpoint = {
  name: string;
  type: "A" | "CNAME";
  targets: string[];
  ttl?: number;
  description?: string;
};

const owner =
  '"heritage=external-dns,external-dns/owner=cluster-1,external-dns/resource=service/default/nginx"';

class AwsSdProvider {
  readonly #client: ServiceDiscoveryClient;

  constructor(client: ServiceDiscoveryClient) {
    this.#client = client;
  }

  /** What its loop begins with; services of its own without instances go on the way. */
  async records(): Promise<Endpoint[]> {
    const endpoints: Endpoint[] = [];
    for (const namespace of await this.#namespaces()) {
      for (const service of (await this.#services(namespace.Id)).values()) {
        const found = await this.#endpointOf(namespace, service);
        if (found) endpoints.push(found);
        else if (service.Description === owner) {
          await this.#client.send(new DeleteServiceCommand({ Id: service.Id }));
        }
      }
    }
    return endpoints;
  }

  async #endpointOf(
    namespace: NamespaceSummary,
    service: ServiceSummary,
  ): Promise<Endpoint | undefined> {
    const client = this.#client;
    const targets: string[] = [];
    let type: Endpoint["type"] = "A";
    for await (const page of paginateListInstances({ client }, { ServiceId: service.Id })) {
      for (const { Attributes: attributes = {} } of page.Instances ?? []) {
        const name = attributes["AWS_INSTANCE_CNAME"] ?? attributes["AWS_ALIAS_DNS_NAME"];
        if (name !== undefined) type = "CNAME";
        targets.push(name ?? attributes["AWS_INSTANCE_IPV4"] ?? "");
      }
    }
    const ttl = service.DnsConfig?.DnsRecords?.[0]?.TTL;
    if (targets.length === 0 || ttl === undefined) return undefined;
    const name = `${service.Name}.${namespace.Name}`;
    return { name, type, targets: targets.toSorted(), ttl, description: service.Description ?? "" };
  }

  async create(endpoint: Endpoint): Promise<void> {
    const { NamespaceId, Name } = await this.#place(endpoint);
    const services = await this.#services(NamespaceId);
    let service: ServiceSummary | undefined = services.get(Name);
    const records = [{ Type: this.#recordType(endpoint), TTL: endpoint.ttl ?? 300 }];
    if (!service) {
      const created = await this.#client.send(
        new CreateServiceCommand({
          ...{ Name, NamespaceId, Description: endpoint.description ?? "" },
          DnsConfig: {
            RoutingPolicy: endpoint.type === "A" ? "MULTIVALUE" : "WEIGHTED",
            DnsRecords: records,
          },
        }),
      );
      service = created.Service;
    } else if (endpoint.ttl && service.DnsConfig?.DnsRecords?.[0]?.TTL !== endpoint.ttl) {
      await this.#client.send(
        new UpdateServiceCommand({
          Id: service.Id,
          Service: {
            Description: endpoint.description ?? "",
            DnsConfig: { DnsRecords: records },
          },
        }),
      );
    }
    for (const target of endpoint.targets) {
      const Attributes = { [this.#attribute(endpoint, target)]: target };
      const InstanceId = target.toLowerCase();
      const input = { ServiceId: service?.Id, Attributes, InstanceId };
      await this.#client.send(new RegisterInstanceCommand(input));
    }
  }

  async delete(endpoint: Endpoint): Promise<void> {
    const { NamespaceId, Name } = await this.#place(endpoint);
    const service = (await this.#services(NamespaceId)).get(Name);
    assert.ok(service, `service ${Name} is missing`);
    for (const target of endpoint.targets) {
      const input = { ServiceId: service.Id, InstanceId: target.toLowerCase() };
      await this.#client.send(new DeregisterInstanceCommand(input));
    }
  }

  /** Updates are a delete of the old targets and a create of the new ones. */
  async update(before: Endpoint, next: Endpoint): Promise<void> {
    if (before.targets.join() !== next.targets.join()) await this.delete(before);
    await this.create(next);
  }

  #attribute({ type }: Endpoint, target: string): string {
    if (type === "A") return "AWS_INSTANCE_IPV4";
    return isLoadBalancer(target) ? "AWS_ALIAS_DNS_NAME" : "AWS_INSTANCE_CNAME";
  }

  #recordType({ type, targets: [first = ""] }: Endpoint): "A" | "CNAME" {
    return type === "A" || isLoadBalancer(first) ? "A" : "CNAME";
  }

  async #place({ name }: Endpoint): Promise<{ NamespaceId: string | undefined; Name: string }> {
    const [Name = "", ...rest] = name.split(".");
    const namespace = (await this.#namespaces()).find((one) => one.Name === rest.join("."));
    return { NamespaceId: namespace?.Id, Name };
  }

  async #namespaces(): Promise<NamespaceSummary[]> {
    const namespaces: NamespaceSummary[] = [];
    // Started with --aws-zone-type=public.
    const Filters = [{ Name: "TYPE" as const, Values: ["DNS_PUBLIC"] }];
    for await (const page of paginateListNamespaces({ client: this.#client }, { Filters })) {
      namespaces.push(...(page.Namespaces ?? []));
    }
    return namespaces;
  }

  async #services(namespaceId: string | undefined): Promise<Map<string, ServiceSummary>> {
    const services = new Map<string, ServiceSummary>();
    const Filters = [{ Name: "NAMESPACE_ID" as const, Values: [namespaceId ?? ""] }];
    const input = { Filters, MaxResults: 100 };
    for await (const page of paginateListServices({ client: this.#client }, input)) {
      for (const service of page.Services ?? []) services.set(service.Name ?? "", service);
    }
    return services;
  }
}

function isLoadBalancer(name: string): boolean {
  return /\.elb\.[^.]+\.amazonaws\.com$|\.[^.]+\.elb\.amazonaws\.com$/.test(name);
}

let signpost: SignpostProcess;
let client: ServiceDiscoveryClient;
let provider: AwsSdProvider;
before(async () => {
  signpost = await startSignpost({ args: ["--workers", "1"] });
  client = cloudMapClient(signpost);
  provider = new AwsSdProvider(client);
  await publicNamespace(client, "cluster.example");
});
after(async () => {
  client.destroy();
  await signpost.stop();
});

test("external-dns aws-sd: a service's addresses are created, changed and deleted", async () => {
  const name = "nginx.cluster.example";
  const first: Endpoint = {
    ...{ name, type: "A", targets: ["192.0.2.1", "192.0.2.2"], description: owner },
  };
  await provider.create(first);
  await untilAddress(signpost.dns, name, "192.0.2.1 300, 192.0.2.2 300");
  // The next loop reads back what was written, and so has nothing to do.
  assert.deepEqual(await provider.records(), [{ ...first, ttl: 300 }]);

  const next: Endpoint = { ...first, targets: ["192.0.2.2", "192.0.2.3"], ttl: 60 };
  await provider.update(first, next);
  await untilAddress(signpost.dns, name, "192.0.2.2 60, 192.0.2.3 60");
  assert.deepEqual(await provider.records(), [next]);

  await provider.delete(next);
  await untilAddress(signpost.dns, name, "NXDOMAIN");
  assert.deepEqual(await provider.records(), []);
  // The loop before has deleted the empty service of this owner.
  await provider.create(first);
  assert.deepEqual(await provider.records(), [{ ...first, ttl: 300 }]);
  await provider.delete(first);
  await provider.records();
});

test("external-dns aws-sd: without a zone type it sends an empty list of filters", async () => {
  const { Namespaces } = await client.send(new ListNamespacesCommand({ Filters: [] }));
  assert.deepEqual(
    Namespaces?.map(({ Name }) => Name),
    ["cluster.example"],
  );
});

test("external-dns aws-sd: the same instance registered again is no change", async () => {
  const endpoint: Endpoint = {
    ...{ name: "again.cluster.example", type: "A", targets: ["192.0.2.9"], description: owner },
  };
  for (let loop = 0; loop < 3; loop += 1) await provider.create(endpoint);
  await untilAddress(signpost.dns, endpoint.name, "192.0.2.9 300");
  await provider.delete(endpoint);
  await provider.records();
});

test("external-dns aws-sd: a host name is a CNAME", async () => {
  const endpoint: Endpoint = {
    ...{ name: "docs.cluster.example", type: "CNAME", targets: ["pages.example.net"], ttl: 120 },
    description: owner,
  };
  await provider.create(endpoint);
  await eventually("the CNAME is answered", async () => {
    const { answer } = await ask(signpost.dns, endpoint.name, "A");
    return answer.some(({ type, ttl }) => type === TYPE.CNAME && ttl === 120);
  });
  assert.deepEqual(await provider.records(), [endpoint]);
  await provider.delete(endpoint);
  await provider.records();
});

test("external-dns aws-sd: a load balancer of AWS is no alias target here; the operation says so", async () => {
  const target = "k8s-nginx-1.us-east-1.elb.amazonaws.com";
  const endpoint: Endpoint = { name: "lb.cluster.example", type: "CNAME", targets: [target] };
  await provider.create(endpoint);
  const { Operations } = await client.send(
    new ListOperationsCommand({ Filters: [{ Name: "STATUS", Values: ["FAIL"] }] }),
  );
  const failed = new GetOperationCommand({ OperationId: Operations?.[0]?.Id });
  const { Operation: operation } = await client.send(failed);
  assert.equal(operation?.Status, "FAIL");
  assert.match(operation.ErrorMessage ?? "", /elb.amazonaws.com/);
  assert.equal(await askAddress(signpost.dns, endpoint.name), "NXDOMAIN");
});

test("external-dns aws-sd: records() goes through pages of services and instances", async () => {
  const names = Array.from({ length: 120 }, (_, i) => `many-${i}.cluster.example`);
  for (const name of names) {
    await provider.create({ name, type: "A", targets: ["192.0.2.7"], description: owner });
  }
  const listed = (await provider.records()).map(({ name }) => name);
  assert.deepEqual(listed.filter((name) => name.startsWith("many-")).toSorted(), names.toSorted());
});
