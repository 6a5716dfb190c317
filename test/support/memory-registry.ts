import { RegistryError } from "../../src/discovery/registry.ts";
import type {
  Attributes,
  Health,
  InstanceName,
  Namespace,
  Registry,
  SeenInstance,
  Service,
} from "../../src/discovery/registry.ts";

/** Cloud Map in memory: keeps what it is told, fails when it is told to. */
export class MemoryRegistry implements Registry {
  readonly calls: string[] = [];
  namespaceList: Namespace[] = [{ id: "ns-1", name: "shop.local", kind: "private" }];
  serviceList: Service[] = [];
  /** By service id and instance id. */
  readonly content = new Map<string, { attributes: Attributes; health: Health }>();
  /** Thrown by every call while it is set. */
  failure: RegistryError | undefined;
  /** Waited for by every change; settable, to have requests take time. */
  gate: Promise<void> = Promise.resolve();
  underWay = 0;
  underWayMax = 0;

  addService(name: string, more: Partial<Service> = {}): Service {
    const [namespace] = this.namespaceList;
    const service = {
      ...{ id: `srv-${name}`, name, namespace: namespace as Namespace },
      ...{ ttlSeconds: 10, hasCustomHealth: true, ...more },
    };
    this.serviceList.push(service);
    return service;
  }

  services(): Promise<{ namespaces: Namespace[]; services: Service[] }> {
    return this.#do("services", () => ({
      namespaces: [...this.namespaceList],
      services: [...this.serviceList],
    }));
  }

  instances(service: Service): Promise<SeenInstance[]> {
    return this.#do(`instances ${service.id}`, () => {
      this.#mustHave(service.id);
      return [...this.content].flatMap(([key, { attributes, health }]) => {
        const [serviceId, id = ""] = key.split("/");
        if (serviceId !== service.id) return [];
        return [{ id, attributes, health: service.hasCustomHealth ? health : undefined }];
      });
    });
  }

  register(
    { serviceId, instanceId }: InstanceName,
    { attributes, health = "HEALTHY" }: { attributes: Attributes; health: Health | undefined },
  ): Promise<void> {
    return this.#do(`register ${serviceId}/${instanceId} ${health}`, () => {
      this.#mustHave(serviceId);
      const key = `${serviceId}/${instanceId}`;
      // As with Cloud Map, the first health is only that of a new instance.
      this.content.set(key, { attributes, health: this.content.get(key)?.health ?? health });
    });
  }

  deregister({ serviceId, instanceId }: InstanceName): Promise<void> {
    return this.#do(`deregister ${serviceId}/${instanceId}`, () => {
      this.#mustHave(serviceId);
      this.content.delete(`${serviceId}/${instanceId}`);
    });
  }

  setHealth({ serviceId, instanceId }: InstanceName, health: Health): Promise<void> {
    return this.#do(`set-health ${serviceId}/${instanceId} ${health}`, () => {
      const instance = this.content.get(`${serviceId}/${instanceId}`);
      if (!instance) throw new RegistryError("no-instance", "InstanceNotFound");
      instance.health = health;
    });
  }

  createNamespace(name: string): Promise<void> {
    return this.#do(`create-namespace ${name}`, () => {
      this.namespaceList.push({ id: `ns-${name}`, name, kind: "private" });
    });
  }

  createService(namespace: Namespace, name: string): Promise<void> {
    return this.#do(`create-service ${name}`, () => void this.addService(name, { namespace }));
  }

  #mustHave(serviceId: string): void {
    if (this.serviceList.some(({ id }) => id === serviceId)) return;
    throw new RegistryError("stale-service", "ServiceNotFound");
  }

  async #do<T>(call: string, act: () => T): Promise<T> {
    this.calls.push(call);
    this.underWay += 1;
    this.underWayMax = Math.max(this.underWayMax, this.underWay);
    try {
      await this.gate;
      if (this.failure) throw this.failure;
      return act();
    } finally {
      this.underWay -= 1;
    }
  }
}
