import { parseIpv4, parseIpv6 } from "../../base/ip.ts";
import {
  attributeKeySizeMax,
  attributeValueSizeMax,
  attributesSizeMax,
  instanceAttributeCountMax,
} from "../../base/limits.ts";
import { CloudMapProblem } from "./cloud-map-problem.ts";
import type { CloudMapService, CustomHealth, ServiceRecordType } from "./cloud-map.ts";
import { InvalidNameError, normaliseName } from "./route53-name.ts";

type Attributes = Readonly<Record<string, string>>;

/** Attributes that Cloud Map itself reads; all others are the client's own. */
const reservedAttributes: ReadonlySet<string> = new Set([
  "AWS_ALIAS_DNS_NAME",
  "AWS_EC2_INSTANCE_ID",
  "AWS_INIT_HEALTH_STATUS",
  "AWS_INSTANCE_CNAME",
  "AWS_INSTANCE_IPV4",
  "AWS_INSTANCE_IPV6",
  "AWS_INSTANCE_PORT",
]);

/** The patterns of AWS's model. */
const keyPattern = /^[!-~]+$/;
const valuePattern = /^([!-~][ \t!-~]*)?$/;

/**
 * Refuses attributes that cannot belong to an instance of a service.
 * https://docs.aws.amazon.com/cloud-map/latest/api/API_RegisterInstance.html
 * @throws CloudMapProblem
 */
export function checkInstanceAttributes(service: CloudMapService, attributes: Attributes): void {
  checkSizes(attributes);
  checkValues(attributes);
  if (attributes["AWS_EC2_INSTANCE_ID"] !== undefined) {
    throw problem(
      "AWS_EC2_INSTANCE_ID",
      "no EC2 is behind this server that could tell the address; give AWS_INSTANCE_IPV4",
    );
  }
  if (attributes["AWS_INIT_HEALTH_STATUS"] !== undefined && !service.customHealth) {
    throw problem("AWS_INIT_HEALTH_STATUS", "the service has no HealthCheckCustomConfig");
  }
  if (attributes["AWS_ALIAS_DNS_NAME"] === undefined) requireForService(service, attributes);
  else checkAlias(service, attributes);
}

/** The health that a new instance begins with. */
export function initialHealth(attributes: Attributes): CustomHealth {
  return attributes["AWS_INIT_HEALTH_STATUS"] === "UNHEALTHY" ? "UNHEALTHY" : "HEALTHY";
}

/**
 * Refuses an attribute that no service can have.
 * @throws CloudMapProblem
 */
export function checkServiceAttribute(key: string, value: string): void {
  if (key.length === 0 || key.length > attributeKeySizeMax) {
    throw new CloudMapProblem(
      `An attribute key has ${key.length} characters: 1 to ${attributeKeySizeMax} are expected`,
    );
  }
  if (value.length > attributeValueSizeMax) {
    throw problem(key, `${value.length} characters, limit ${attributeValueSizeMax}`);
  }
}

/** Keys and values as AWS's model has them for instances. */
function checkAttribute(key: string, value: string): void {
  if (key.length > attributeKeySizeMax || !keyPattern.test(key)) {
    throw new CloudMapProblem(
      `The attribute key ${JSON.stringify(key.slice(0, 64))} is not 1 to ${attributeKeySizeMax} ` +
        "printable characters without spaces",
    );
  }
  if (value.length > attributeValueSizeMax) {
    throw problem(key, `${value.length} characters, limit ${attributeValueSizeMax}`);
  }
  if (!valuePattern.test(value)) {
    throw problem(key, "only printable ASCII, spaces and tabs inside are allowed");
  }
}

function checkSizes(attributes: Attributes): void {
  let own = 0;
  let characters = 0;
  for (const [key, value] of Object.entries(attributes)) {
    checkAttribute(key, value);
    characters += key.length + value.length;
    if (!reservedAttributes.has(key)) own++;
  }
  if (own > instanceAttributeCountMax) {
    throw new CloudMapProblem(
      `Cannot take attributes: ${own} custom attributes, limit ${instanceAttributeCountMax}`,
    );
  }
  if (characters > attributesSizeMax) {
    throw new CloudMapProblem(
      `Cannot take attributes: ${characters} characters in all, limit ${attributesSizeMax}`,
    );
  }
}

function checkValues(attributes: Attributes): void {
  const check = (key: string, isGood: (value: string) => boolean, expected: string): void => {
    const value = attributes[key];
    if (value !== undefined && !isGood(value)) throw problem(key, `${value} is ${expected}`);
  };
  check("AWS_INSTANCE_IPV4", (value) => parseIpv4(value) !== undefined, "no IPv4 address");
  check("AWS_INSTANCE_IPV6", (value) => parseIpv6(value) !== undefined, "no IPv6 address");
  check("AWS_INSTANCE_PORT", isPort, "no port: a number from 1 to 65535 is expected");
  check("AWS_INSTANCE_CNAME", isName, "no domain name");
  check("AWS_ALIAS_DNS_NAME", isName, "no domain name");
  check(
    "AWS_INIT_HEALTH_STATUS",
    (value) => value === "HEALTHY" || value === "UNHEALTHY",
    "neither HEALTHY nor UNHEALTHY",
  );
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}

function isName(text: string): boolean {
  try {
    return normaliseName(text) !== ".";
  } catch (error) {
    if (error instanceof InvalidNameError) return false;
    throw error;
  }
}

const neededFor: Readonly<Record<Exclude<ServiceRecordType, "SRV">, string>> = {
  A: "AWS_INSTANCE_IPV4",
  AAAA: "AWS_INSTANCE_IPV6",
  CNAME: "AWS_INSTANCE_CNAME",
};

function requireForService({ dns, healthCheck }: CloudMapService, attributes: Attributes): void {
  const has = (key: string): boolean => attributes[key] !== undefined;
  const require = (key: string, what: string): void => {
    if (!has(key)) throw problem(key, `it is required for a service with ${what}`);
  };
  const hasAddress = has("AWS_INSTANCE_IPV4") || has("AWS_INSTANCE_IPV6");
  for (const { type } of dns?.records ?? []) {
    if (type !== "SRV") {
      require(neededFor[type], `${type} records`);
      continue;
    }
    require("AWS_INSTANCE_PORT", "SRV records");
    if (!hasAddress) throw noAddress("SRV records");
  }
  if (!healthCheck) return;
  if (!hasAddress) throw noAddress("a health check");
  require("AWS_INSTANCE_PORT", "a health check");
}

function noAddress(what: string): CloudMapProblem {
  return new CloudMapProblem(
    `AWS_INSTANCE_IPV4, AWS_INSTANCE_IPV6: one of them is required for a service with ${what}`,
  );
}

function checkAlias({ dns }: CloudMapService, attributes: Attributes): void {
  const fits = dns?.records.every(({ type }) => type === "A" || type === "AAAA") ?? false;
  if (!fits || dns?.routingPolicy !== "WEIGHTED") {
    throw problem(
      "AWS_ALIAS_DNS_NAME",
      "the service must have A or AAAA records and the routing policy WEIGHTED",
    );
  }
  const other = Object.keys(attributes).find((key) => key.startsWith("AWS_INSTANCE_"));
  if (other === undefined) return;
  throw problem(other, "it cannot be given together with AWS_ALIAS_DNS_NAME");
}

function problem(key: string, message: string): CloudMapProblem {
  return new CloudMapProblem(`${key}: ${message}`);
}
