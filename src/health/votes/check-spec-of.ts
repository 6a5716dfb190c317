import { checkIntervalMaxMs, checkIntervalMinMs } from "../../base/limits.ts";
import { crc32OfText } from "../../base/crc32.ts";
import { parseIp } from "../../base/ip.ts";
import type { HealthCheckExtension, OwnProbe } from "../../control/model/health-check-extension.ts";
import type { HealthCheckConfig } from "../../control/model/health-check.ts";
import type { CheckSpec } from "../checker/check-spec.ts";
import type { EndpointSpec, ProbeSpec } from "../probes/probe-spec.ts";

/**
 * Route 53's own times.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
 */
const connectTimeoutMsDefault = 4_000;
const tcpConnectTimeoutMsDefault = 10_000;
const responseTimeoutMsDefault = 2_000;
const bodyTimeoutMs = 2_000;
const dnsTimeoutMsDefault = 2_000;
const failureThresholdDefault = 3;
const requestIntervalDefault = 30;

type Settings = { config: HealthCheckConfig; extension: HealthCheckExtension };
export type SpecIdentity = { healthCheckId: string; slot: number };

/**
 * What checkers do for a check: `undefined` where nothing is sent anywhere, as for a check that is
 * disabled, a heartbeat or a calculated check.
 */
export function checkSpecOf(identity: SpecIdentity, settings: Settings): CheckSpec | undefined {
  const { config, extension } = settings;
  const probe = config.disabled ? undefined : probeOf(settings);
  if (!probe) return undefined;
  const seconds = extension.intervalSeconds ?? config.requestInterval ?? requestIntervalDefault;
  const threshold = config.failureThreshold ?? failureThresholdDefault;
  const spec = {
    intervalMs: Math.min(Math.max(seconds * 1_000, checkIntervalMinMs), checkIntervalMaxMs),
    upThreshold: extension.upThreshold ?? threshold,
    downThreshold: extension.downThreshold ?? threshold,
    probe,
  };
  return { ...identity, ...spec, version: versionOf(identity.healthCheckId, spec) };
}

/**
 * How long a location may take from hearing of a check to a verdict: as many probes as a verdict
 * needs, each as slow as it may be, and what it takes to hear of it.
 */
export function settleTimeMs({ intervalMs, upThreshold, downThreshold, probe }: CheckSpec): number {
  const hearMs = 2_000;
  return hearMs + Math.max(upThreshold, downThreshold) * (intervalMs + longestMs(probe));
}

/** Another number for another check or another form of it; the same after a restart. */
function versionOf(healthCheckId: string, spec: object): number {
  const crc = crc32OfText(healthCheckId + JSON.stringify(spec), 0);
  return (crc ^ (crc >>> 16)) & 0xffff;
}

function longestMs(probe: ProbeSpec): number {
  switch (probe.kind) {
    case "http":
      return probe.connectTimeoutMs + probe.responseTimeoutMs + probe.bodyTimeoutMs;
    case "tcp":
    case "rtt":
      return probe.connectTimeoutMs;
    default:
      return probe.timeoutMs;
  }
}

function probeOf(settings: Settings): ProbeSpec | undefined {
  const { config, extension } = settings;
  if (extension.probe) return ownProbeOf(extension.probe, settings);
  const endpoint = endpointOf(config);
  switch (config.type) {
    case "TCP":
      return {
        kind: "tcp",
        ...endpoint,
        connectTimeoutMs: extension.connectTimeoutMs ?? tcpConnectTimeoutMsDefault,
      };
    case "HTTP":
    case "HTTP_STR_MATCH":
      return httpProbeOf(settings, false);
    case "HTTPS":
    case "HTTPS_STR_MATCH":
      return httpProbeOf(settings, true);
    default:
      return undefined;
  }
}

function httpProbeOf({ config, extension }: Settings, tls: boolean): ProbeSpec {
  const { connectTimeoutMs, responseTimeoutMs, responseTimeMaxMs, validateCertificate } = extension;
  return {
    kind: "http",
    ...endpointOf(config),
    tls,
    sni: tls && (config.enableSni ?? true),
    path: config.resourcePath ?? "/",
    ...(config.searchString === undefined ? {} : { search: config.searchString }),
    connectTimeoutMs: connectTimeoutMs ?? connectTimeoutMsDefault,
    responseTimeoutMs: responseTimeoutMs ?? responseTimeoutMsDefault,
    bodyTimeoutMs,
    ...(responseTimeMaxMs === undefined ? {} : { responseTimeMaxMs }),
    ...(validateCertificate === undefined ? {} : { validateCertificate }),
  };
}

function ownProbeOf(probe: OwnProbe, { config, extension }: Settings): ProbeSpec | undefined {
  const endpoint = endpointOf(config);
  const { connectTimeoutMs = connectTimeoutMsDefault, responseTimeoutMs } = extension;
  const timeoutMs = connectTimeoutMs + (responseTimeoutMs ?? responseTimeoutMsDefault);
  switch (probe.kind) {
    case "heartbeat":
      return undefined;
    case "dns":
      return { ...endpoint, ...probe, timeoutMs: responseTimeoutMs ?? dnsTimeoutMsDefault };
    case "grpc":
    case "tls-expiry":
      return { ...endpoint, ...probe, timeoutMs };
    case "rtt":
      return { ...endpoint, ...probe, connectTimeoutMs };
    case "script":
      return probe;
  }
}

/** A name that is an address itself is where requests go, and what the Host header says. */
function endpointOf(config: HealthCheckConfig): EndpointSpec {
  const { ipAddress, fullyQualifiedDomainName: name, port = 80 } = config;
  const literal = name?.replace(/^\[(.*)\]$/, "$1");
  const isLiteral = literal !== undefined && parseIp(literal) !== undefined;
  const address = ipAddress ?? (isLiteral ? literal : undefined);
  return {
    ...(address === undefined ? {} : { address }),
    ...(name === undefined ? {} : { host: name }),
    port,
  };
}
