import { containerServiceCountMax, serviceKeySizeMax } from "../base/limits.ts";

/** One service that a container's labels ask for. */
export type ServiceLabels = {
  /** Tells the services of one container apart; "" for the labels without a key. */
  key: string;
  /** A service and its namespace joined by a dot, or a service alone. */
  service: string;
  /** Name or id. */
  namespace: string | undefined;
  /** Of the container, such as 80 or `53/udp`. */
  port: { number: number; protocol: string } | undefined;
  network: string | undefined;
  /** Registered under the host's address and the port published there. */
  isPublished: boolean;
  attributes: Readonly<Record<string, string>>;
};

const prefix = "signpost.";
const members = ["service", "namespace", "port", "network", "published"] as const;
type Member = (typeof members)[number];
type Group = { said: Partial<Record<Member, string>>; attributes: Record<string, string> };

/** Whether any label is meant for discovery. */
export function hasServiceLabels(labels: Readonly<Record<string, string>>): boolean {
  return Object.keys(labels).some((name) => name.startsWith(prefix));
}

/**
 * The services of a container by its labels `signpost.MEMBER` and `signpost.KEY.MEMBER`; what
 * a key does not say, the labels without one say. docs/containers.md is the manual.
 */
export function readServiceLabels(labels: Readonly<Record<string, string>>): {
  services: ServiceLabels[];
  problems: string[];
} {
  const problems: string[] = [];
  const groups = new Map<string, Group>();
  for (const [name, value] of Object.entries(labels)) {
    if (name.startsWith(prefix) && !take(groups, { name: name.slice(prefix.length), value })) {
      problems.push(`Cannot use label ${name}: no such label`);
    }
  }
  const plain = groups.get("") ?? { said: {}, attributes: {} };
  const services: ServiceLabels[] = [];
  for (const [key, group] of groups) {
    const { service } = group.said;
    if (service === undefined) {
      if (key !== "") problems.push(`Cannot use labels signpost.${key}.*: no .service among them`);
      continue;
    }
    const said = { ...plain.said, ...group.said };
    const attributes = { ...plain.attributes, ...group.attributes };
    const read = readGroup({ key, service, said, attributes });
    if (typeof read === "string") problems.push(read);
    else services.push(read);
  }
  if (services.length <= containerServiceCountMax) return { services, problems };
  problems.push(
    `Cannot use all labels: ${services.length} services, limit ${containerServiceCountMax}`,
  );
  return { services: services.slice(0, containerServiceCountMax), problems };
}

/** @returns whether the label is one of ours */
function take(
  groups: Map<string, Group>,
  { name, value }: { name: string; value: string },
): boolean {
  if (set(groups, { key: "", name, value })) return true;
  const dot = name.indexOf(".");
  const key = name.slice(0, Math.max(0, dot));
  if (!/^[a-z0-9][a-z0-9-]*$/i.test(key) || key.length > serviceKeySizeMax) return false;
  return set(groups, { key, name: name.slice(dot + 1), value });
}

function set(
  groups: Map<string, Group>,
  { key, name, value }: { key: string; name: string; value: string },
): boolean {
  const member = members.find((candidate) => candidate === name);
  const attribute = /^attribute\.(.+)$/.exec(name)?.[1];
  if (member === undefined && attribute === undefined) return false;
  const group = groups.get(key) ?? { said: {}, attributes: {} };
  groups.set(key, group);
  if (member !== undefined) group.said[member] = value.trim();
  else if (attribute !== undefined) group.attributes[attribute] = value;
  return true;
}

/** @returns the problem where there is one */
function readGroup(group: Group & { key: string; service: string }): ServiceLabels | string {
  const { key, said, attributes } = group;
  const at = key === "" ? "signpost" : `signpost.${key}`;
  const port = said.port === undefined ? undefined : readPort(said.port);
  if (port === null) return `Cannot use label ${at}.port: ${said.port} is no port, such as 80`;
  const published = said.published ?? "false";
  if (published !== "true" && published !== "false") {
    return `Cannot use label ${at}.published: ${published} is none of true, false`;
  }
  const service = group.service.toLowerCase().replace(/\.$/, "");
  if (service === "") return `Cannot use label ${at}.service: it is empty`;
  const reserved = Object.keys(attributes).find((name) => /^(AWS|SIGNPOST)_/.test(name));
  if (reserved) return `Cannot use label ${at}.attribute.${reserved}: the name is reserved`;
  return {
    key,
    service,
    namespace: said.namespace?.toLowerCase().replace(/\.$/, "") || undefined,
    port,
    network: said.network || undefined,
    isPublished: published === "true",
    attributes,
  };
}

function readPort(text: string): { number: number; protocol: string } | null {
  const [, digits, protocol = "tcp"] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  const number = Number(digits);
  return number >= 1 && number <= 65_535 ? { number, protocol } : null;
}
