import { parseIp } from "../../base/ip.ts";
import type { Cidr } from "../../base/ip.ts";
import { childHealthCheckCountMax } from "../../base/limits.ts";
import { isRefusedEndpoint } from "../../base/refused-endpoint.ts";
import type { HealthCheckConfig, HealthCheckType } from "./health-check.ts";
import { checksEndpoint } from "./health-check.ts";
import { InvalidNameError, normaliseName } from "./route53-name.ts";

/** Settings that make no health check; `message` says why. */
export class InvalidHealthCheckError extends Error {
  override name = "InvalidHealthCheckError";
}

/** What a client gives: what is left out gets its default. */
export type GivenConfig = Partial<HealthCheckConfig> & { type: HealthCheckType };

export type ConfigFacts = {
  /** Networks that the operator allows checks to be sent to, private ones for instance. */
  allowedEndpoints: readonly Cidr[];
  /** The type of another check; `undefined` where there is none with this id. */
  typeOf(healthCheckId: string): HealthCheckType | undefined;
  isRoutingControl(arn: string): boolean;
};

const requestIntervals = [10, 30];
const requestIntervalDefault = 30;
const failureThresholdDefault = 3;
const regionCountMin = 3;

type Field = Exclude<keyof HealthCheckConfig, "type" | "inverted" | "disabled">;

const endpointFields: readonly Field[] = [
  "ipAddress",
  "port",
  "fullyQualifiedDomainName",
  "requestInterval",
  "failureThreshold",
  "measureLatency",
  "regions",
];
const httpFields: readonly Field[] = [...endpointFields, "resourcePath", "enableSni"];

/** What each type may have. */
const fieldsOf: Record<HealthCheckType, readonly Field[]> = {
  HTTP: httpFields,
  HTTPS: httpFields,
  HTTP_STR_MATCH: [...httpFields, "searchString"],
  HTTPS_STR_MATCH: [...httpFields, "searchString"],
  TCP: [...endpointFields, "enableSni"],
  CALCULATED: ["healthThreshold", "childHealthChecks"],
  CLOUDWATCH_METRIC: ["alarmIdentifier", "insufficientDataHealthStatus"],
  RECOVERY_CONTROL: ["routingControlArn"],
};

/** Names of the API, for messages. */
const awsNames: Partial<Record<Field, string>> = { ipAddress: "IPAddress", enableSni: "EnableSNI" };

function awsName(field: Field): string {
  return awsNames[field] ?? field.charAt(0).toUpperCase() + field.slice(1);
}

/**
 * The settings of a check, complete.
 * @throws InvalidHealthCheckError
 */
export function completeConfig(given: GivenConfig, facts: ConfigFacts): HealthCheckConfig {
  const { type } = given;
  refuseForeignFields(given);
  const both = { type, inverted: given.inverted ?? false, disabled: given.disabled ?? false };
  if (checksEndpoint(type)) return { ...both, ...endpointConfig(given, facts) };
  if (type === "CALCULATED") return { ...both, ...calculatedConfig(given, facts) };
  if (type === "CLOUDWATCH_METRIC") {
    const { alarmIdentifier, insufficientDataHealthStatus = "LastKnownStatus" } = given;
    require(given, "alarmIdentifier");
    return { ...both, ...(alarmIdentifier && { alarmIdentifier }), insufficientDataHealthStatus };
  }
  require(given, "routingControlArn");
  const { routingControlArn = "" } = given;
  if (!facts.isRoutingControl(routingControlArn)) {
    throw invalid(`There is no routing control with the ARN ${routingControlArn}`);
  }
  return { ...both, routingControlArn };
}

function refuseForeignFields(given: GivenConfig): void {
  const allowed = fieldsOf[given.type];
  for (const [name, value] of Object.entries(given)) {
    if (name === "type" || name === "inverted" || name === "disabled") continue;
    const field = name as Field;
    // What says the same as leaving it out is let pass: clients send `false` and empty lists.
    const isEmpty = value === undefined || value === false || (value as unknown[]).length === 0;
    if (isEmpty || allowed.includes(field)) continue;
    throw invalid(`${awsName(field)} must not be given for a health check of type ${given.type}`);
  }
}

function require(given: GivenConfig, field: Field): void {
  const value = given[field];
  if (value !== undefined && value !== "") return;
  throw invalid(`${awsName(field)} is required for a health check of type ${given.type}`);
}

function invalid(message: string): InvalidHealthCheckError {
  return new InvalidHealthCheckError(message);
}

function endpointConfig(given: GivenConfig, facts: ConfigFacts): Partial<HealthCheckConfig> {
  const { type, requestInterval = requestIntervalDefault } = given;
  const isHttps = type.startsWith("HTTPS");
  if (!requestIntervals.includes(requestInterval)) {
    throw invalid(`RequestInterval must be 10 or 30 seconds, not ${requestInterval}`);
  }
  if (type === "TCP") require(given, "port");
  if (type.endsWith("_STR_MATCH")) require(given, "searchString");
  const regions = regionsOf(given);
  const path = given.resourcePath ?? "";
  return {
    ...addressOf(given, facts),
    port: given.port ?? (isHttps ? 443 : 80),
    ...(path === "" ? {} : { resourcePath: path.startsWith("/") ? path : `/${path}` }),
    ...(given.searchString === undefined ? {} : { searchString: given.searchString }),
    requestInterval,
    failureThreshold: given.failureThreshold ?? failureThresholdDefault,
    measureLatency: given.measureLatency ?? false,
    enableSni: given.enableSni ?? isHttps,
    ...(regions ? { regions } : {}),
  };
}

function regionsOf({ regions }: GivenConfig): string[] | undefined {
  if (!regions || regions.length === 0) return undefined;
  const distinct = [...new Set(regions)];
  if (distinct.length >= regionCountMin && distinct.length === regions.length) return regions;
  throw invalid(`Regions must name at least ${regionCountMin} regions, each once`);
}

type Address = Pick<HealthCheckConfig, "ipAddress" | "fullyQualifiedDomainName">;

function addressOf(given: GivenConfig, facts: ConfigFacts): Address {
  const { ipAddress, fullyQualifiedDomainName: name = "" } = given;
  if (ipAddress === undefined && name === "") {
    throw invalid("Either IPAddress or FullyQualifiedDomainName is required");
  }
  const ip = ipAddress === undefined ? undefined : parseIp(ipAddress);
  if (ipAddress !== undefined && !ip) throw invalid(`${ipAddress} is not an IP address`);
  // Without an address the name is where requests go; it may be an address itself.
  const literal = parseIp(name.replace(/^\[(.*)\]$/, "$1"));
  const target = ip ?? literal;
  if (target && isRefusedEndpoint(target, facts.allowedEndpoints)) {
    throw invalid(
      `${ipAddress ?? name} is in a local, private, nonroutable or multicast range: ` +
        "no health check can be sent there",
    );
  }
  if (name !== "" && !literal) {
    const normal = requireHostName(name);
    if (!ip) refuseThisMachine(normal, facts);
  }
  return {
    ...(ipAddress === undefined ? {} : { ipAddress }),
    ...(name === "" ? {} : { fullyQualifiedDomainName: name }),
  };
}

const loopback = Uint8Array.of(127, 0, 0, 1);

function requireHostName(name: string): string {
  try {
    return normaliseName(name);
  } catch (error) {
    if (error instanceof InvalidNameError) throw invalid(error.message);
    throw error;
  }
}

function refuseThisMachine(normal: string, facts: ConfigFacts): void {
  // RFC 6761 §6.3: these names are this machine, whatever a resolver may say.
  const isLocal = normal === "localhost." || normal.endsWith(".localhost.");
  if (!isLocal || !isRefusedEndpoint(loopback, facts.allowedEndpoints)) return;
  throw invalid(`${normal} is this machine: no health check can be sent there`);
}

function calculatedConfig(given: GivenConfig, facts: ConfigFacts): Partial<HealthCheckConfig> {
  require(given, "healthThreshold");
  const { healthThreshold = 0, childHealthChecks = [] } = given;
  if (childHealthChecks.length > childHealthCheckCountMax) {
    throw invalid(`ChildHealthChecks must not have more than ${childHealthCheckCountMax} members`);
  }
  const seen = new Set<string>();
  for (const id of childHealthChecks) {
    if (seen.has(id)) throw invalid(`ChildHealthChecks names ${id} more than once`);
    seen.add(id);
    const type = facts.typeOf(id);
    if (type === undefined) throw invalid(`No health check found with ID: ${id}`);
    if (type !== "CALCULATED") continue;
    throw invalid(`The calculated health check ${id} cannot be the child of another`);
  }
  return { healthThreshold, childHealthChecks };
}
