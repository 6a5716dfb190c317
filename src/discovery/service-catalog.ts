import { serviceListAgeMaxMs } from "../base/limits.ts";
import type { Logger } from "../telemetry/logger.ts";
import { RegistryError } from "./registry.ts";
import type { Namespace, Registry, Service } from "./registry.ts";
import type { Timing } from "./timing.ts";

export type CatalogOptions = {
  registry: Registry;
  timing: Timing;
  logger: Logger;
  createsServices: boolean;
  createsNamespaces: boolean;
};

/** A service as labels name it. */
export type WantedService = { service: string; namespace: string | undefined };

type Found = { service: Service } | { namespace: Namespace; name: string } | { missing: string };

/** The services of Cloud Map by name, as last listed. */
export class ServiceCatalog {
  readonly #options: CatalogOptions;
  #namespaces: readonly Namespace[] = [];
  #services: readonly Service[] = [];
  #listedAtMs = -Infinity;
  #listing: Promise<void> | undefined;
  #creating = new Map<string, Promise<void>>();

  constructor(options: CatalogOptions) {
    this.#options = options;
  }

  get services(): readonly Service[] {
    return this.#services;
  }

  /** Lists again; whoever asks meanwhile waits for the same answer. */
  async refresh(): Promise<void> {
    this.#listing ??= this.#list().finally(() => (this.#listing = undefined));
    await this.#listing;
  }

  /**
   * The service, or what an operator should know about why there is none. Where one is missing
   * the list is had again, unless it is young; what may be created is created.
   * @throws RegistryError
   */
  async find(wanted: WantedService): Promise<Service | { problem: string }> {
    const { timing } = this.#options;
    let found = this.#look(wanted);
    if (!("service" in found) && timing.nowMs() - this.#listedAtMs > serviceListAgeMaxMs) {
      await this.refresh();
      found = this.#look(wanted);
    }
    if (!("service" in found)) {
      const created = await this.#tryToCreate(found, wanted);
      if (typeof created === "string") return { problem: created };
      if (created) {
        await this.refresh();
        found = this.#look(wanted);
      }
    }
    if ("service" in found) return found.service;
    if ("missing" in found) return { problem: found.missing };
    const { name, namespace } = found;
    return {
      problem:
        `no service ${name} in namespace ${namespace.name} (${namespace.id}): create it, or` +
        " start the watcher with --create-services",
    };
  }

  async #list(): Promise<void> {
    const startedMs = this.#options.timing.nowMs();
    const { namespaces, services } = await this.#options.registry.services();
    this.#namespaces = namespaces;
    this.#services = services;
    this.#listedAtMs = startedMs;
  }

  #look({ service, namespace }: WantedService): Found {
    if (namespace !== undefined) {
      return this.#choose(this.#named(namespace), { name: service, namespaceName: namespace });
    }
    // The longest namespace that the name ends in, so that web.dev.example is web of dev.example.
    for (let dot = service.indexOf("."); dot !== -1; dot = service.indexOf(".", dot + 1)) {
      const namespaceName = service.slice(dot + 1);
      const named = this.#named(namespaceName);
      const name = service.slice(0, dot);
      if (named.length > 0) return this.#choose(named, { name, namespaceName });
    }
    const { namespace: missing } = split(service);
    if (missing === "") {
      return { missing: `${service} names no namespace: say signpost.namespace, or --namespace` };
    }
    return { missing: missingNamespace(missing) };
  }

  #named(nameOrId: string): Namespace[] {
    return this.#namespaces.filter(({ id, name }) => {
      return id === nameOrId || name.toLowerCase().replace(/\.$/, "") === nameOrId;
    });
  }

  /** Namespaces may share a name; then the one that has the service is meant. */
  #choose(named: Namespace[], asked: { name: string; namespaceName: string }): Found {
    const [first] = named;
    if (!first) return { missing: missingNamespace(asked.namespaceName) };
    const ids = new Set(named.map(({ id }) => id));
    const services = this.#services.filter(
      ({ name, namespace }) => ids.has(namespace.id) && name.toLowerCase() === asked.name,
    );
    const [service] = services;
    if (service && services.length === 1) return { service };
    if (!service && named.length === 1) return { namespace: first, name: asked.name };
    const among = [...ids].join(", ");
    return {
      missing:
        `several namespaces are named ${asked.namespaceName} (${among}):` +
        " say which with signpost.namespace=ID",
    };
  }

  /** @returns whether anything was created, or why it was refused */
  async #tryToCreate(found: Found, wanted: WantedService): Promise<boolean | string> {
    try {
      return await this.#create(found, wanted);
    } catch (error) {
      if (error instanceof RegistryError && error.kind === "refused") return error.message;
      throw error;
    }
  }

  async #create(found: Found, wanted: WantedService): Promise<boolean> {
    const { createsServices, createsNamespaces, registry, logger } = this.#options;
    if ("namespace" in found && createsServices) {
      const { namespace, name } = found;
      await this.#once(`${namespace.id} ${name}`, () => registry.createService(namespace, name));
      logger.info({ service: name, namespace: namespace.name }, "service created");
      return true;
    }
    if (!("missing" in found) || !createsNamespaces || !createsServices) return false;
    const name = wanted.namespace ?? split(wanted.service).namespace;
    if (name === "" || this.#named(name).length > 0) return false;
    await this.#once(name, () => registry.createNamespace(name));
    logger.info({ namespace: name }, "namespace created");
    await this.refresh();
    return await this.#create(this.#look(wanted), wanted);
  }

  /** Many containers of one service may start at once. */
  async #once(what: string, create: () => Promise<void>): Promise<void> {
    const creating = this.#creating.get(what) ?? create();
    this.#creating.set(what, creating);
    try {
      await creating;
    } finally {
      this.#creating.delete(what);
    }
  }
}

/** Without a namespace that is there, a service's name is one label. */
function split(service: string): { name: string; namespace: string } {
  const dot = service.indexOf(".");
  if (dot === -1) return { name: service, namespace: "" };
  return { name: service.slice(0, dot), namespace: service.slice(dot + 1) };
}

function missingNamespace(name: string): string {
  return (
    `no namespace ${name}: create it, or start the watcher with --create-services and` +
    " --create-namespaces"
  );
}
