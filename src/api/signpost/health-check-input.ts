import { childHealthCheckCountMax } from "../../base/limits.ts";
import type { GivenConfig } from "../../control/model/health-check-config.ts";
import type { HealthCheckExtension } from "../../control/model/health-check-extension.ts";
import { readExtension } from "../../control/model/health-check-extension-input.ts";
import { healthCheckTypes } from "../../control/model/health-check.ts";
import { InputObject } from "../../control/model/input-object.ts";

/** What `POST health-checks` takes. */
export type WantedCheck = {
  callerReference?: string;
  /** Becomes the tag `Name`. */
  name?: string;
  given: GivenConfig;
  extension?: HealthCheckExtension;
};

/**
 * Reads a new check: its settings as Route 53 has them (`config`, members in camelCase) and its
 * extension. Where the extension says what is done, the type of the nearest Route 53 check is the
 * default.
 * @throws InputProblem
 */
export function readWantedCheck(body: unknown): WantedCheck {
  const object = new InputObject(body);
  const size = { min: 1, max: 64 };
  const callerReference = object.optional("callerReference", (name) => object.text(name, size));
  const name = object.optional("name", (member) => object.text(member, { min: 1, max: 256 }));
  const config = new InputObject(object.take("config") ?? {}, "config");
  const extensionValue = object.take("extension");
  object.end();
  const base = baseOf(extensionValue);
  const type =
    config.optional("type", (member) => config.oneOf(member, healthCheckTypes)) ?? base.type;
  if (type === undefined) throw config.problem("type", "is missing");
  const given = { ...(type === base.type ? base : {}), ...readConfig(config), type };
  const extension = extensionValue === undefined ? undefined : readExtension(extensionValue, type);
  return {
    ...(callerReference === undefined ? {} : { callerReference }),
    ...(name === undefined ? {} : { name }),
    given,
    ...(extension && { extension }),
  };
}

const portOfProbe: Readonly<Record<string, number>> = { dns: 53, "tls-expiry": 443 };

/** The Route 53 check that an extension goes with where none is named. */
function baseOf(extension: unknown): Partial<GivenConfig> {
  const { expression, children, probe } = (extension ?? {}) as Record<string, unknown>;
  const kind = (probe as { kind?: unknown } | null | undefined)?.kind;
  if (kind === "heartbeat" || expression !== undefined) {
    return { type: "CALCULATED", healthThreshold: 0 };
  }
  if (children !== undefined) return { type: "CALCULATED" };
  if (typeof kind !== "string") return {};
  const port = portOfProbe[kind];
  return { type: "TCP", ...(port === undefined ? {} : { port }) };
}

function readConfig(config: InputObject): Partial<GivenConfig> {
  const text = (name: string): string | undefined =>
    config.optional(name, () => config.text(name, { min: 1, max: 255 }));
  const flag = (name: string): boolean | undefined =>
    config.optional(name, () => config.flag(name));
  const whole = (name: string, min: number, max: number): number | undefined =>
    config.optional(name, () => config.wholeNumber(name, { min, max }));
  const texts = (name: string, max: number): string[] | undefined =>
    config.optional(name, () => config.texts(name, { min: 0, max }));
  const read = {
    inverted: flag("inverted"),
    disabled: flag("disabled"),
    ipAddress: text("ipAddress"),
    port: whole("port", 1, 65_535),
    resourcePath: text("resourcePath"),
    fullyQualifiedDomainName: text("fullyQualifiedDomainName"),
    searchString: text("searchString"),
    requestInterval: whole("requestInterval", 10, 30),
    failureThreshold: whole("failureThreshold", 1, 10),
    measureLatency: flag("measureLatency"),
    enableSni: flag("enableSni"),
    regions: texts("regions", 64),
    healthThreshold: whole("healthThreshold", 0, 256),
    childHealthChecks: texts("childHealthChecks", childHealthCheckCountMax),
    alarmIdentifier: config.optional("alarmIdentifier", (name) => readAlarm(config.object(name))),
    insufficientDataHealthStatus: config.optional("insufficientDataHealthStatus", (name) =>
      config.oneOf(name, ["Healthy", "Unhealthy", "LastKnownStatus"]),
    ),
    routingControlArn: text("routingControlArn"),
  };
  config.end();
  const given = Object.entries(read).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<GivenConfig>;
}

function readAlarm(alarm: InputObject): { region: string; name: string } {
  const read = { region: alarm.text("region"), name: alarm.text("name") };
  alarm.end();
  return read;
}
