/** A folder under `src`, and what its files may import. */
export type Layer = {
  folder: string;
  /** Folders it may import besides itself; each must stand above it in the table. */
  mayImport: readonly string[];
  /** Whether its files may import `node:*` and npm packages (tests are not asked). */
  outside: boolean;
};

const dns = ["base", "dns/wire", "dns/rdata"];
const model = [...dns, "geo/places", "control/model"];
const packetPath = ["base", "dns/wire", "dataplane/geo", "dataplane/image", "dataplane/policy"];
const geo = ["dataplane/geo", "geo/places", "geo"];
/** What the API of a service needs, whatever the service. */
const service = [
  ...model,
  "control/state",
  "control/log",
  "api/protocol",
  "api/commit",
  "telemetry",
];

/** Bottom to top: the folder order of ARCHITECTURE.md. */
export const layers: readonly Layer[] = [
  { folder: "base", mayImport: [], outside: true },
  { folder: "telemetry", mayImport: ["base"], outside: true },
  { folder: "dns/wire", mayImport: ["base"], outside: false },
  { folder: "dns/rdata", mayImport: ["base", "dns/wire"], outside: false },
  { folder: "dns/zonefile", mayImport: dns, outside: false },
  { folder: "dataplane/geo", mayImport: ["base"], outside: false },
  { folder: "dataplane/image", mayImport: ["base", "dns/wire"], outside: false },
  {
    folder: "dataplane/policy",
    mayImport: ["base", "dns/wire", "dataplane/geo", "dataplane/image"],
    outside: false,
  },
  { folder: "dataplane/nameserver", mayImport: packetPath, outside: false },
  {
    folder: "dataplane/server",
    mayImport: [...packetPath, "dataplane/nameserver", "telemetry"],
    outside: true,
  },
  { folder: "geo/places", mayImport: ["base"], outside: false },
  {
    folder: "geo",
    mayImport: ["base", "telemetry", "dataplane/geo", "geo/places"],
    outside: true,
  },
  { folder: "control/model", mayImport: [...dns, "geo/places"], outside: false },
  { folder: "control/state", mayImport: model, outside: true },
  { folder: "control/log", mayImport: [...model, "control/state", "telemetry"], outside: true },
  {
    folder: "control/compiler",
    mayImport: [
      ...model,
      "control/state",
      "control/log",
      "dataplane/image",
      "dataplane/policy",
      "telemetry",
    ],
    outside: true,
  },
  {
    folder: "control/transfer",
    mayImport: [...model, "dns/zonefile", "control/state", "control/log", "telemetry"],
    outside: true,
  },
  {
    folder: "health/probes",
    mayImport: ["base", "dns/wire", "dns/rdata", "telemetry"],
    outside: true,
  },
  { folder: "health/checker", mayImport: ["base", "telemetry", "health/probes"], outside: true },
  {
    folder: "metrics",
    mayImport: [...model, "control/state", "control/log", "dataplane/policy", "telemetry"],
    outside: true,
  },
  {
    folder: "health/votes",
    mayImport: [
      ...model,
      "metrics",
      "control/state",
      "control/log",
      "dataplane/policy",
      "telemetry",
      "health/probes",
      "health/checker",
    ],
    outside: true,
  },
  {
    folder: "health/notifications",
    mayImport: [...model, "control/state", "telemetry"],
    outside: true,
  },
  {
    folder: "resolver/upstream",
    mayImport: ["base", "dns/wire", "dns/rdata", "telemetry"],
    outside: true,
  },
  { folder: "resolver/cache", mayImport: ["base", "dns/wire"], outside: false },
  { folder: "resolver/firewall", mayImport: [...model, "control/state"], outside: false },
  {
    folder: "resolver/front",
    mayImport: [
      ...packetPath,
      "telemetry",
      "dataplane/nameserver",
      "dataplane/server",
      "resolver/cache",
      "resolver/firewall",
    ],
    outside: true,
  },
  {
    folder: "resolver/resolve",
    mayImport: [
      ...model,
      ...packetPath,
      "telemetry",
      "dataplane/nameserver",
      "dataplane/server",
      "control/state",
      "control/log",
      "resolver/upstream",
      "resolver/cache",
      "resolver/firewall",
      "resolver/front",
    ],
    outside: true,
  },
  { folder: "discovery", mayImport: ["base", "telemetry"], outside: true },
  { folder: "api/protocol", mayImport: ["base", "telemetry"], outside: true },
  {
    folder: "api/commit",
    mayImport: [...model, "control/state", "control/log", "api/protocol"],
    outside: true,
  },
  { folder: "api/route53", mayImport: service, outside: true },
  {
    folder: "api/signpost",
    mayImport: [
      ...service,
      "control/transfer",
      "health/probes",
      "health/checker",
      "health/notifications",
      "api/route53",
    ],
    outside: true,
  },
  { folder: "api/cloudwatch", mayImport: [...service, "metrics"], outside: true },
  { folder: "api/resolver", mayImport: service, outside: true },
  { folder: "api/cloudmap", mayImport: [...service, "api/route53"], outside: true },
  { folder: "cli", mayImport: ["base", "dns/wire"], outside: true },
  {
    folder: "roles",
    mayImport: [
      ...model,
      ...geo,
      "telemetry",
      "dataplane/image",
      "dataplane/policy",
      "dataplane/nameserver",
      "dataplane/server",
      "control/state",
      "control/log",
      "control/compiler",
      "control/transfer",
      "api/protocol",
      "api/route53",
      "api/signpost",
      "api/cloudwatch",
      "health/probes",
      "health/checker",
      "health/votes",
      "health/notifications",
      "metrics",
      "api/resolver",
      "api/cloudmap",
      "resolver/upstream",
      "resolver/cache",
      "resolver/firewall",
      "resolver/front",
      "resolver/resolve",
      "discovery",
    ],
    outside: true,
  },
  { folder: ".", mayImport: ["base", "cli", "roles"], outside: true },
];
