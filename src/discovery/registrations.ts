import {
  attributeKeySizeMax,
  attributeValueSizeMax,
  attributesSizeMax,
  instanceAttributeCountMax,
} from "../base/limits.ts";
import type { Container, NetworkAddress, PublishedPort } from "./container.ts";
import type { Attributes, Health } from "./registry.ts";
import { readServiceLabels } from "./service-labels.ts";
import type { ServiceLabels } from "./service-labels.ts";

/** Attributes of every instance that a watcher registers; only its own host's does it touch. */
export const hostAttribute = "SIGNPOST_HOST";
const containerAttribute = "SIGNPOST_CONTAINER";
export const containerIdAttribute = "SIGNPOST_CONTAINER_ID";

/** One instance that should be there for a container. */
export type Registration = {
  service: string;
  namespace: string | undefined;
  instanceId: string;
  attributes: Attributes;
  health: Health;
};

export type RegistrationOptions = {
  /** Names this watcher's containers in the attribute SIGNPOST_HOST. */
  host: string;
  /** Where ports published on all addresses are reached; "" where that is not known. */
  hostAddress: NetworkAddress;
  /** For labels that name none. */
  namespace: string | undefined;
  network: string | undefined;
};

/** What a container's labels, network and state ask for; none where it does not run. */
export function planRegistrations(
  container: Container,
  options: RegistrationOptions,
): { registrations: Registration[]; problems: string[] } {
  if (!container.isRunning) return { registrations: [], problems: [] };
  const { services, problems } = readServiceLabels(container.labels);
  const registrations: Registration[] = [];
  for (const labels of services) {
    const planned = planOne({ container, labels, options });
    if (typeof planned === "string") problems.push(planned);
    else registrations.push(planned);
  }
  return { registrations, problems };
}

type Question = { container: Container; labels: ServiceLabels; options: RegistrationOptions };
type Place = NetworkAddress & { port: number | undefined };

/** @returns the problem where there is one */
function planOne(question: Question): Registration | string {
  const { container, labels, options } = question;
  const place = placeOf(question);
  if (typeof place === "string") return `Cannot register in ${labels.service}: ${place}`;
  const attributes: Record<string, string> = { ...labels.attributes };
  if (place.ipv4 !== "") attributes["AWS_INSTANCE_IPV4"] = place.ipv4;
  if (place.ipv6 !== "") attributes["AWS_INSTANCE_IPV6"] = place.ipv6;
  if (place.port !== undefined) attributes["AWS_INSTANCE_PORT"] = String(place.port);
  attributes[hostAttribute] = options.host;
  attributes[containerAttribute] = container.name;
  attributes[containerIdAttribute] = container.id;
  const tooMuch = judgeAttributes(attributes);
  if (tooMuch) return `Cannot register in ${labels.service}: ${tooMuch}`;
  return {
    service: labels.service,
    namespace: labels.namespace ?? options.namespace,
    instanceId: instanceIdOf(container.id, labels.key),
    attributes,
    health: healthOf(container),
  };
}

/** Short enough for the label of an SRV record's target: 12 digits, as Docker names a container. */
function instanceIdOf(containerId: string, key: string): string {
  const short = containerId.slice(0, 12);
  return key === "" ? short : `${short}-${key}`;
}

/** Before its first healthy answer a container with a HEALTHCHECK is not healthy. */
function healthOf({ health, isPaused }: Container): Health {
  return !isPaused && (health === "none" || health === "healthy") ? "HEALTHY" : "UNHEALTHY";
}

function judgeAttributes(attributes: Attributes): string | undefined {
  const entries = Object.entries(attributes);
  const own = entries.filter(([name]) => !name.startsWith("AWS_"));
  if (own.length > instanceAttributeCountMax) {
    return `${own.length} attributes, limit ${instanceAttributeCountMax}`;
  }
  const size = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size > attributesSizeMax) {
    return `${size} characters of attributes, limit ${attributesSizeMax}`;
  }
  const [odd] = entries.find((entry) => !isAttribute(...entry)) ?? [];
  return odd === undefined ? undefined : `attribute ${odd} is not as Cloud Map takes it`;
}

/** https://docs.aws.amazon.com/cloud-map/latest/api/API_RegisterInstance.html */
function isAttribute(name: string, value: string): boolean {
  if (name.length > attributeKeySizeMax || value.length > attributeValueSizeMax) return false;
  return /^[!-~]+$/.test(name) && /^([!-~][ \t!-~]*)?$/.test(value);
}

/** @returns why there is none where there is none */
function placeOf(question: Question): Place | string {
  const { container, labels, options } = question;
  const port = portOf(container, labels);
  if (labels.isPublished) return publishedPlace(question, port);
  if (container.networkMode === "host") {
    return onHost(options, numberOf(port));
  }
  const network = networkOf(question);
  const address = container.networks.get(network);
  const known = [...container.networks.keys()].join(", ") || "none";
  if (!address) return `it is not on network ${network} (its networks: ${known})`;
  if (address.ipv4 === "" && address.ipv6 === "") return `it has no address on network ${network}`;
  return { ...address, port: numberOf(port) };
}

function numberOf(port: string | undefined): number | undefined {
  return port === undefined ? undefined : Number(port.split("/")[0]);
}

function onHost({ hostAddress }: RegistrationOptions, port: number | undefined): Place | string {
  if (hostAddress.ipv4 !== "" || hostAddress.ipv6 !== "") return { ...hostAddress, port };
  return "the host's own address is not known, name it with --host-address";
}

/** Such as `80/tcp`: the label's, else the only one that the image or the command exposes. */
function portOf(container: Container, { port }: ServiceLabels): string | undefined {
  if (port) return `${port.number}/${port.protocol}`;
  return container.exposedPorts.length === 1 ? container.exposedPorts[0] : undefined;
}

/** The label's network, by its name or by the name it has in its compose project. */
function networkOf({ container, labels, options }: Question): string {
  const { networks, networkMode } = container;
  const wanted = labels.network ?? options.network;
  if (wanted === undefined) {
    const first = networkMode === "default" ? "bridge" : networkMode;
    const only = networks.size === 1 ? [...networks.keys()][0] : undefined;
    return only ?? first;
  }
  const inProject = `${container.labels["com.docker.compose.project"] ?? ""}_${wanted}`;
  return !networks.has(wanted) && networks.has(inProject) ? inProject : wanted;
}

function publishedPlace(question: Question, port: string | undefined): Place | string {
  const { container, options } = question;
  if (port === undefined) return "which port is published must be said: signpost.port";
  const bindings = container.published.filter((binding) => binding.port === port);
  const [first] = bindings;
  if (!first) return `port ${port} is not published on the host`;
  if (bindings.some(({ hostIp }) => isAnyAddress(hostIp))) return onHost(options, first.hostPort);
  return { ...boundAddress(bindings, first.hostPort), port: first.hostPort };
}

function isAnyAddress(hostIp: string): boolean {
  return hostIp === "" || hostIp === "0.0.0.0" || hostIp === "::";
}

/** An instance has one port, so only addresses with that one count. */
function boundAddress(bindings: readonly PublishedPort[], hostPort: number): NetworkAddress {
  const addresses = bindings.filter((binding) => binding.hostPort === hostPort);
  return {
    ipv4: addresses.find(({ hostIp }) => !hostIp.includes(":"))?.hostIp ?? "",
    ipv6: addresses.find(({ hostIp }) => hostIp.includes(":"))?.hostIp ?? "",
  };
}
