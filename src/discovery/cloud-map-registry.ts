import {
  CreateHttpNamespaceCommand,
  CreatePrivateDnsNamespaceCommand,
  CreatePublicDnsNamespaceCommand,
  CreateServiceCommand,
  DeregisterInstanceCommand,
  GetInstancesHealthStatusCommand,
  GetOperationCommand,
  ListInstancesCommand,
  ListNamespacesCommand,
  ListServicesCommand,
  RegisterInstanceCommand,
  UpdateInstanceCustomHealthStatusCommand,
} from "@aws-sdk/client-servicediscovery";
import type {
  RecordType,
  ServiceDiscoveryClient,
  ServiceSummary,
} from "@aws-sdk/client-servicediscovery";
import {
  operationPollMaxMs,
  operationPollMinMs,
  operationTimeoutMs,
  registryPageCountMax,
} from "../base/limits.ts";
import { RegistryError } from "./registry.ts";
import type {
  Attributes,
  Health,
  InstanceName,
  Namespace,
  NamespaceKind,
  Registry,
  RegistryErrorKind,
  SeenInstance,
  Service,
} from "./registry.ts";
import type { Timing } from "./timing.ts";

/** What services and namespaces that the watcher creates are like. */
export type CreationOptions = {
  kind: NamespaceKind;
  /** Of a private namespace. */
  vpc: string | undefined;
  recordTypes: readonly RecordType[];
  ttlSeconds: number;
};

export type CloudMapOptions = {
  client: ServiceDiscoveryClient;
  timing: Timing;
  creation: CreationOptions;
};

const kinds: Record<string, NamespaceKind> = {
  DNS_PRIVATE: "private",
  DNS_PUBLIC: "public",
  HTTP: "http",
};

/** Cloud Map through its API; waits for the operations that it starts. */
export class CloudMapRegistry implements Registry {
  readonly #client: ServiceDiscoveryClient;
  readonly #timing: Timing;
  readonly #creation: CreationOptions;

  constructor(options: CloudMapOptions) {
    this.#client = options.client;
    this.#timing = options.timing;
    this.#creation = options.creation;
  }

  async services(): Promise<{ namespaces: Namespace[]; services: Service[] }> {
    const namespaces = await pages(async (NextToken) => {
      const page = await this.#client.send(new ListNamespacesCommand({ NextToken }));
      return { items: page.Namespaces ?? [], next: page.NextToken };
    });
    const known = new Map<string, Namespace>();
    for (const { Id: id = "", Name: name = "", Type = "" } of namespaces) {
      known.set(id, { id, name, kind: kinds[Type] ?? "http" });
    }
    const services: Service[] = [];
    for (const namespace of known.values()) {
      const Filters = [{ Name: "NAMESPACE_ID" as const, Values: [namespace.id] }];
      const listed = await pages(async (NextToken) => {
        const page = await this.#client.send(new ListServicesCommand({ Filters, NextToken }));
        return { items: page.Services ?? [], next: page.NextToken };
      });
      services.push(...listed.map((summary) => readService(summary, namespace)));
    }
    return { namespaces: [...known.values()], services };
  }

  async instances(service: Service): Promise<SeenInstance[]> {
    const ServiceId = service.id;
    const instances = await pages(async (NextToken) => {
      const page = await this.#client.send(new ListInstancesCommand({ ServiceId, NextToken }));
      return { items: page.Instances ?? [], next: page.NextToken };
    });
    const health = service.hasCustomHealth ? await this.#healthOf(ServiceId) : undefined;
    return instances.map(({ Id: id = "", Attributes: attributes = {} }) => {
      const told = health?.get(id);
      const isTold = told === "HEALTHY" || told === "UNHEALTHY";
      return { id, attributes, health: isTold ? told : undefined };
    });
  }

  async #healthOf(ServiceId: string): Promise<Map<string, string>> {
    const health = await pages(async (NextToken) => {
      const command = new GetInstancesHealthStatusCommand({ ServiceId, NextToken });
      const page = await this.#client.send(command);
      return { items: Object.entries(page.Status ?? {}), next: page.NextToken };
    });
    return new Map(health);
  }

  async register(
    { serviceId, instanceId }: InstanceName,
    { attributes, health }: { attributes: Attributes; health: Health | undefined },
  ): Promise<void> {
    const { OperationId } = await saying(
      this.#client.send(
        new RegisterInstanceCommand({
          ServiceId: serviceId,
          InstanceId: instanceId,
          Attributes: { ...attributes, ...(health ? { AWS_INIT_HEALTH_STATUS: health } : {}) },
        }),
      ),
    );
    await this.#operationDone(OperationId);
  }

  async deregister({ serviceId, instanceId }: InstanceName): Promise<void> {
    try {
      const { OperationId } = await saying(
        this.#client.send(
          new DeregisterInstanceCommand({ ServiceId: serviceId, InstanceId: instanceId }),
        ),
      );
      await this.#operationDone(OperationId);
    } catch (error) {
      if (!(error instanceof RegistryError) || error.kind !== "no-instance") throw error;
    }
  }

  async setHealth({ serviceId, instanceId }: InstanceName, health: Health): Promise<void> {
    const command = new UpdateInstanceCustomHealthStatusCommand({
      ServiceId: serviceId,
      InstanceId: instanceId,
      Status: health,
    });
    await saying(this.#client.send(command));
  }

  async createNamespace(Name: string): Promise<void> {
    const { kind, vpc } = this.#creation;
    const sent =
      kind === "private"
        ? this.#client.send(new CreatePrivateDnsNamespaceCommand({ Name, Vpc: vpc }))
        : kind === "public"
          ? this.#client.send(new CreatePublicDnsNamespaceCommand({ Name }))
          : this.#client.send(new CreateHttpNamespaceCommand({ Name }));
    const { OperationId } = await saying(sent);
    await this.#operationDone(OperationId);
  }

  async createService(namespace: Namespace, Name: string): Promise<void> {
    const { recordTypes, ttlSeconds } = this.#creation;
    const DnsRecords = recordTypes.map((Type) => ({ Type, TTL: ttlSeconds }));
    const hasDns = namespace.kind !== "http";
    const command = new CreateServiceCommand({
      Name,
      NamespaceId: namespace.id,
      ...(hasDns ? { DnsConfig: { RoutingPolicy: "MULTIVALUE", DnsRecords } } : {}),
      HealthCheckCustomConfig: { FailureThreshold: 1 },
    });
    await saying(this.#client.send(command));
  }

  /** @throws RegistryError when it failed, or has not ended in time */
  async #operationDone(OperationId: string | undefined): Promise<void> {
    const endMs = this.#timing.nowMs() + operationTimeoutMs;
    let pauseMs = operationPollMinMs;
    while (this.#timing.nowMs() < endMs) {
      const command = new GetOperationCommand({ OperationId });
      const { Operation: operation } = await saying(this.#client.send(command));
      if (operation?.Status === "SUCCESS") return;
      if (operation?.Status === "FAIL") {
        const { ErrorCode = "", ErrorMessage = "" } = operation;
        throw new RegistryError("refused", `operation failed: ${ErrorCode} ${ErrorMessage}`);
      }
      await this.#timing.sleep(pauseMs);
      pauseMs = Math.min(operationPollMaxMs, pauseMs * 2);
    }
    throw new RegistryError("unreachable", `operation has not ended in ${operationTimeoutMs} ms`);
  }
}

function readService(summary: ServiceSummary, namespace: Namespace): Service {
  const records = summary.DnsConfig?.DnsRecords ?? [];
  return {
    id: summary.Id ?? "",
    name: summary.Name ?? "",
    namespace,
    ttlSeconds: records.reduce((longest, { TTL }) => Math.max(longest, Number(TTL ?? 0)), 0),
    hasCustomHealth: summary.HealthCheckCustomConfig !== undefined,
  };
}

type Page<T> = { items: T[]; next: string | undefined };

/** All items of a list that comes in pages. */
async function pages<T>(get: (token: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  for (let count = 0; count < registryPageCountMax; count += 1) {
    const { items, next } = await saying(get(token));
    all.push(...items);
    if (!next) return all;
    token = next;
  }
  throw new RegistryError("refused", `Cannot read list: more than ${registryPageCountMax} pages`);
}

const errorKinds: Record<string, RegistryErrorKind> = {
  ServiceNotFound: "stale-service",
  CustomHealthNotFound: "stale-service",
  InstanceNotFound: "no-instance",
  DuplicateRequest: "busy",
  RequestLimitExceeded: "busy",
  ThrottlingException: "busy",
};

/** Says of an error what it means for who asked. */
async function saying<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RegistryError) throw error;
    const { name, message, $fault, code } = error as Error & { $fault?: string; code?: string };
    const kind = errorKinds[name] ?? ($fault === "client" ? "refused" : "unreachable");
    const why = message || code || "no answer";
    const isAway = kind === "unreachable" && $fault === undefined;
    throw new RegistryError(kind, isAway ? `Cannot reach Cloud Map: ${why}` : `${name}: ${why}`);
  }
}
