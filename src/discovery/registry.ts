export type Health = "HEALTHY" | "UNHEALTHY";

export type NamespaceKind = "private" | "public" | "http";
export type Namespace = { id: string; name: string; kind: NamespaceKind };

/** A service as far as registering in it goes. */
export type Service = {
  id: string;
  name: string;
  namespace: Namespace;
  /** The longest TTL of its records; 0 where it has none. */
  ttlSeconds: number;
  /** Whether it takes the health that it is told (HealthCheckCustomConfig). */
  hasCustomHealth: boolean;
};

export type Attributes = Readonly<Record<string, string>>;

export type SeenInstance = {
  id: string;
  attributes: Attributes;
  /** What was last told of it, or undefined where the service does not take health. */
  health: Health | undefined;
};

export type InstanceName = { serviceId: string; instanceId: string };

/** Why Cloud Map did not do what it was asked. */
export type RegistryErrorKind =
  /** No answer, or none of sense; whether it was done is not known. */
  | "unreachable"
  /** The service is gone, or has another configuration than was thought. */
  | "stale-service"
  | "no-instance"
  /** Not now: another request is under way, or there were too many. */
  | "busy"
  /** It said no, and will say so again until something changes. */
  | "refused";

export class RegistryError extends Error {
  override name = "RegistryError";
  readonly kind: RegistryErrorKind;

  constructor(kind: RegistryErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/**
 * What discovery asks of Cloud Map. Everything resolves when it has taken effect (the operation
 * behind it has succeeded), and throws RegistryError.
 */
export type Registry = {
  /** All namespaces and their services. */
  services(): Promise<{ namespaces: Namespace[]; services: Service[] }>;
  instances(service: Service): Promise<SeenInstance[]>;
  /** A new instance begins with this health; undefined: the service takes none. */
  register(
    name: InstanceName,
    instance: { attributes: Attributes; health: Health | undefined },
  ): Promise<void>;
  /** One that is not there counts as done. */
  deregister(name: InstanceName): Promise<void>;
  setHealth(name: InstanceName, health: Health): Promise<void>;
  createNamespace(name: string): Promise<void>;
  createService(namespace: Namespace, name: string): Promise<void>;
};
