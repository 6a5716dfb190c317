import { columns } from "./columns.ts";

/** A check as the API has it; see src/api/signpost/health-check-view.ts. */
export type Check = {
  id: string;
  name?: string;
  version: number;
  config: {
    type: string;
    inverted: boolean;
    disabled: boolean;
    ipAddress?: string;
    port?: number;
    resourcePath?: string;
    fullyQualifiedDomainName?: string;
    searchString?: string;
    healthThreshold?: number;
    childHealthChecks?: string[];
    alarmIdentifier?: { name: string };
    routingControlArn?: string;
  };
  extension?: {
    probe?: { kind: string; qname?: string; everySeconds?: number; command?: string };
    expression?: string;
    children?: string[];
  };
  status: {
    healthy: boolean;
    since?: string;
    why: string;
    votes?: { healthy: number; voting: number; live: number };
  };
  locations: Observation[];
  lastFailures?: Observation[];
};

export type Observation = {
  location: string;
  region?: string;
  live: boolean;
  verdict: string;
  status: string;
  checkedAt: string;
  connectMs?: number;
  tlsMs?: number;
  firstByteMs?: number;
};

/** One line a check. */
export function checkTable(checks: readonly Check[]): string {
  const head = ["ID", "NAME", "WHAT", "STATUS", "VOTES", "SINCE"];
  const rows = checks.map((check) => [
    check.id,
    check.name ?? "",
    whatIsChecked(check),
    statusText(check),
    votesText(check),
    check.status.since ?? "",
  ]);
  return columns([head, ...rows]).join("\n");
}

function statusText({ status, config }: Check): string {
  const notes = [config.inverted ? "inverted" : "", config.disabled ? "disabled" : ""];
  const note = notes.filter((text) => text !== "").join(", ");
  return `${status.healthy ? "healthy" : "UNHEALTHY"}${note === "" ? "" : ` (${note})`}`;
}

function votesText({ status: { votes } }: Check): string {
  return votes ? `${votes.healthy}/${votes.voting}` : "";
}

/** `http://192.0.2.1:80/status`, `api AND db`, … */
export function whatIsChecked({ config, extension }: Check): string {
  const { type } = config;
  const probe = extension?.probe;
  const address = config.ipAddress ?? config.fullyQualifiedDomainName ?? "";
  const host = address.includes(":") ? `[${address}]` : address;
  const endpoint = `${host}:${config.port ?? ""}`;
  if (probe?.kind === "heartbeat") return `heartbeat every ${probe.everySeconds} s`;
  if (probe?.kind === "script") return `script ${probe.command}`;
  if (probe)
    return `${probe.kind} ${probe.qname === undefined ? "" : `${probe.qname} at `}${endpoint}`;
  if (extension?.expression !== undefined) return extension.expression;
  switch (type) {
    case "TCP":
      return `tcp ${endpoint}`;
    case "CALCULATED": {
      const children = extension?.children ?? config.childHealthChecks ?? [];
      return `${config.healthThreshold} of ${children.length} checks`;
    }
    case "CLOUDWATCH_METRIC":
      return `alarm ${config.alarmIdentifier?.name}`;
    case "RECOVERY_CONTROL":
      return `routing control ${config.routingControlArn?.split("/").at(-1)}`;
    default: {
      const search = config.searchString === undefined ? "" : ` "${config.searchString}"`;
      const scheme = type.startsWith("HTTPS") ? "https" : "http";
      return `${scheme}://${endpoint}${config.resourcePath ?? "/"}${search}`;
    }
  }
}

/** Everything about one check. */
export function checkDetails(check: Check): string {
  const { name, status, extension, version } = check;
  const lines = [
    `check    ${check.id}${name === undefined ? "" : ` (${name})`}, version ${version}`,
    `what     ${whatIsChecked(check)}`,
    `status   ${statusText(check)}${status.since === undefined ? "" : ` since ${status.since}`}`,
    `why      ${status.why}`,
    ...(extension ? [`extends  ${JSON.stringify(extension)}`] : []),
    ...observationLines("", check.locations),
    ...observationLines("last failures", check.lastFailures ?? []),
  ];
  return lines.join("\n");
}

function observationLines(title: string, observations: readonly Observation[]): string[] {
  if (observations.length === 0) return [];
  const rows = observations.map((one) => [
    one.location,
    one.live ? one.verdict : "silent",
    one.checkedAt,
    one.connectMs === undefined ? "" : `${one.connectMs + (one.firstByteMs ?? 0)} ms`,
    one.status,
  ]);
  return ["", ...(title === "" ? [] : [title]), ...columns(rows)];
}

/** An event of src/control/model/health-event.ts; members beyond these go with its type. */
export type Event = { id: string; at: string; type: string } & Record<string, unknown>;

/** One line an event. */
export function eventLine(event: Event): string {
  return `${event.at}  ${event.type.padEnd(21)}  ${eventText(event)}`;
}

function eventText(event: Event): string {
  const check = [event["healthCheckId"], event["name"]].filter(Boolean).join(" ");
  const turn = `${String(event["from"])} → `;
  switch (event.type) {
    case "health-check.status": {
      const { count = 0 } = (event["affects"] ?? {}) as { count?: number };
      const affected = count === 0 ? "" : `; concerns ${count} record set${count === 1 ? "" : "s"}`;
      return `${check}  ${turn}${String(event["to"])}: ${String(event["why"])}${affected}`;
    }
    case "health-check.verdict":
      return (
        `${check}  ${String(event["location"])}: ${turn}${String(event["verdict"])}, ` +
        String(event["status"])
      );
    case "location.silent":
    case "location.live":
      return `${String(event["location"])}, ${String(event["liveLocations"])} live now`;
    case "routing-control.state":
      return `${String(event["name"])}: ${turn}${String(event["to"])} by ${String(event["by"])}`;
    case "alarm.state":
      return `${String(event["alarmName"])}: ${turn}${String(event["to"])}, ${String(event["reason"])}`;
    default:
      return String(event["message"] ?? "");
  }
}
