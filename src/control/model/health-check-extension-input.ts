import {
  checkIntervalMaxMs,
  checkerLocationNameSizeMax,
  checkLocationCountMax,
  checkThresholdMax,
  checkTimeoutMaxMs,
  childHealthCheckCountMax,
  healthExpressionSizeMax,
  heartbeatMaxSeconds,
  heartbeatTokenSizeMax,
  heartbeatTokenSizeMin,
  scriptArgumentCountMax,
  scriptArgumentSizeMax,
} from "../../base/limits.ts";
import { typeFromText } from "../../dns/wire/registries.ts";
import type { HealthCheckExtension, OwnProbe } from "./health-check-extension.ts";
import type { HealthCheckType } from "./health-check.ts";
import { checksEndpoint } from "./health-check.ts";
import { InputObject, InputProblem } from "./input-object.ts";
import { InvalidNameError, normaliseName } from "./route53-name.ts";

type Member = keyof HealthCheckExtension;

/** As checkers are named: see health/checker/location-name.ts. */
const locationForm = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const nameSize = { min: 1, max: checkerLocationNameSizeMax };
const timeout = { min: 1, max: checkTimeoutMaxMs };
const threshold = { min: 1, max: checkThresholdMax };
const dayCountMax = 3_650;

/**
 * Reads the extension of a check of this type: every member is known, in its range, and means
 * something for the type. That checks it names are there is the caller's to see.
 * @throws InputProblem
 */
export function readExtension(value: unknown, type: HealthCheckType): HealthCheckExtension {
  const object = new InputObject(value, "extension");
  const given = {
    locations: object.optional("locations", (name) => readLocations(object, name)),
    votes: object.optional("votes", (name) => readVotes(object, name)),
    intervalSeconds: object.optional("intervalSeconds", (name) =>
      object.wholeNumber(name, { min: 1, max: checkIntervalMaxMs / 1000 }),
    ),
    upThreshold: object.optional("upThreshold", (name) => object.wholeNumber(name, threshold)),
    downThreshold: object.optional("downThreshold", (name) => object.wholeNumber(name, threshold)),
    responseTimeMaxMs: object.optional("responseTimeMaxMs", (name) =>
      object.wholeNumber(name, timeout),
    ),
    connectTimeoutMs: object.optional("connectTimeoutMs", (name) =>
      object.wholeNumber(name, timeout),
    ),
    responseTimeoutMs: object.optional("responseTimeoutMs", (name) =>
      object.wholeNumber(name, timeout),
    ),
    validateCertificate: object.optional("validateCertificate", (name) => object.flag(name)),
    probe: object.optional("probe", (name) => readProbe(object.object(name))),
    children: object.optional("children", (name) =>
      object.texts(name, { min: 0, max: childHealthCheckCountMax }),
    ),
    expression: object.optional("expression", (name) =>
      object.text(name, { min: 1, max: healthExpressionSizeMax }),
    ),
    checks: object.optional("checks", (name) => object.textMap(name, childHealthCheckCountMax)),
  };
  object.end();
  const extension = Object.fromEntries(
    Object.entries(given).filter(([, member]) => member !== undefined),
  ) as HealthCheckExtension;
  refuseUselessMembers(extension, type);
  return extension;
}

function readLocations(object: InputObject, member: string): string[] {
  const names = object.texts(member, { min: 1, max: checkLocationCountMax }, nameSize);
  for (const [i, name] of names.entries()) {
    if (locationForm.test(name)) continue;
    throw object.problem(`${member}.${i}`, "small letters, digits and - make a location's name");
  }
  return names;
}

function readVotes(object: InputObject, member: string): { share: number } | { count: number } {
  const votes = object.object(member);
  if (!votes.has("count") && !votes.has("share")) {
    throw object.problem(member, "share or count is expected");
  }
  const read = votes.has("count")
    ? { count: votes.wholeNumber("count", { min: 1, max: checkLocationCountMax }) }
    : { share: votes.number("share", { min: 0, max: 1 }) };
  votes.end();
  // "More than all" could never be.
  if ("share" in read && read.share === 1) throw votes.problem("share", "must be below 1");
  return read;
}

const probeReaders: { [Kind in OwnProbe["kind"]]: (probe: InputObject) => OwnProbe } = {
  dns: readDnsProbe,
  grpc: (probe) => ({
    kind: "grpc",
    tls: probe.optional("tls", (name) => probe.flag(name)) ?? false,
    service: probe.optional("service", (name) => probe.text(name, { min: 0, max: 255 })) ?? "",
  }),
  "tls-expiry": (probe) => ({
    kind: "tls-expiry",
    daysMin: probe.wholeNumber("daysMin", { min: 0, max: dayCountMax }),
  }),
  rtt: (probe) => ({ kind: "rtt", rttMaxMs: probe.wholeNumber("rttMaxMs", timeout) }),
  heartbeat: readHeartbeat,
  script: readScriptProbe,
};

function readProbe(probe: InputObject): OwnProbe {
  const kind = probe.oneOf("kind", Object.keys(probeReaders) as OwnProbe["kind"][]);
  const read = probeReaders[kind](probe);
  probe.end();
  return read;
}

const tokenSize = { min: heartbeatTokenSizeMin, max: heartbeatTokenSizeMax };

function readHeartbeat(probe: InputObject): OwnProbe {
  const everySeconds = probe.wholeNumber("everySeconds", { min: 1, max: heartbeatMaxSeconds });
  const token = probe.optional("token", (name) => probe.text(name, tokenSize));
  if (token === undefined) return { kind: "heartbeat", everySeconds };
  if (/^[\w-]+$/.test(token)) return { kind: "heartbeat", everySeconds, token };
  throw probe.problem("token", "letters, digits, _ and - make a token");
}

const rcodes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"] as const;

function readDnsProbe(probe: InputObject): OwnProbe {
  const qtype = probe.optional("qtype", (name) => probe.text(name)) ?? "A";
  if (typeFromText(qtype) === undefined) throw probe.problem("qtype", `${qtype} is no record type`);
  const expect = probe.optional("expect", (name) => probe.text(name, { min: 1, max: 4_000 }));
  return {
    kind: "dns",
    transport: probe.optional("transport", (name) => probe.oneOf(name, ["udp", "tcp"])) ?? "udp",
    qname: readDomainName(probe, "qname"),
    qtype,
    rcode: probe.optional("rcode", (name) => probe.oneOf(name, rcodes)) ?? "NOERROR",
    ...(expect === undefined ? {} : { expect }),
  };
}

function readDomainName(object: InputObject, member: string): string {
  const text = object.text(member, { min: 1, max: 1_024 });
  try {
    return normaliseName(text);
  } catch (error) {
    if (error instanceof InvalidNameError) throw object.problem(member, error.message);
    throw error;
  }
}

function readScriptProbe(probe: InputObject): OwnProbe {
  const size = { min: 0, max: scriptArgumentSizeMax };
  const argument = (value: unknown, i: number): string => {
    if (typeof value === "string" && value.length <= size.max && !value.includes("\0"))
      return value;
    throw probe.problem(`args.${i}`, `a text of at most ${size.max} characters is expected`);
  };
  const command = probe.text("command", { min: 1, max: scriptArgumentSizeMax });
  const args = probe.take("args") ?? [];
  if (!Array.isArray(args) || args.length > scriptArgumentCountMax) {
    throw probe.problem("args", `a list of at most ${scriptArgumentCountMax} texts is expected`);
  }
  const timeoutMs = probe.optional("timeoutMs", (name) => probe.wholeNumber(name, timeout));
  return { kind: "script", command, args: args.map(argument), timeoutMs: timeoutMs ?? 10_000 };
}

const everywhere: readonly Member[] = ["locations", "votes", "intervalSeconds"];
const thresholds: readonly Member[] = ["upThreshold", "downThreshold"];
const connecting: readonly Member[] = [...everywhere, ...thresholds, "connectTimeoutMs", "probe"];
const http: readonly Member[] = [...connecting, "responseTimeoutMs", "responseTimeMaxMs"];

/** What an extension of each base may have while it has no probe of its own. */
const membersOf: Record<HealthCheckType, readonly Member[]> = {
  HTTP: http,
  HTTP_STR_MATCH: http,
  HTTPS: [...http, "validateCertificate"],
  HTTPS_STR_MATCH: [...http, "validateCertificate"],
  TCP: connecting,
  CALCULATED: ["children", "expression", "checks", "probe"],
  CLOUDWATCH_METRIC: [],
  RECOVERY_CONTROL: [],
};

const ofProbe: Record<OwnProbe["kind"], readonly Member[]> = {
  dns: [...everywhere, ...thresholds, "probe", "responseTimeoutMs"],
  grpc: [...connecting, "responseTimeoutMs"],
  "tls-expiry": [...connecting, "responseTimeoutMs"],
  rtt: connecting,
  script: [...everywhere, ...thresholds, "probe"],
  heartbeat: ["probe"],
};

/** What would have no effect, or never be, is refused, so that nobody relies on it. */
function refuseUselessMembers(extension: HealthCheckExtension, type: HealthCheckType): void {
  const refuse = (member: string, what: string): never => {
    throw new InputProblem(`extension.${member}`, what);
  };
  const { probe, expression, children, checks, votes, locations } = extension;
  if (votes && "count" in votes && locations && votes.count > locations.length) {
    refuse("votes.count", `${votes.count} of ${locations.length} locations can never be`);
  }
  if (probe && (probe.kind === "heartbeat" ? type !== "CALCULATED" : !checksEndpoint(type))) {
    refuse("probe.kind", `${probe.kind} is not for a health check of type ${type}`);
  }
  const allowed = probe ? ofProbe[probe.kind] : membersOf[type];
  for (const member of Object.keys(extension) as Member[]) {
    if (allowed.includes(member)) continue;
    const of = probe ? `a probe of kind ${probe.kind}` : `a health check of type ${type}`;
    refuse(member, `is not for ${of}`);
  }
  if (expression !== undefined && children)
    refuse("children", "cannot be given with an expression");
  if (expression === undefined && checks) refuse("checks", "is only for an expression");
}
