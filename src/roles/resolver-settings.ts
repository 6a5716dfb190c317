import { join } from "node:path";
import { formatIp, parseIp } from "../base/ip.ts";
import {
  cacheSizeDefault,
  cacheSizeMax,
  cacheSizeMin,
  cacheTtlMaxSecondsDefault,
  negativeTtlMaxSecondsDefault,
  staleMaxSecondsDefault,
  upstreamCountMax,
  workerCountMax,
} from "../base/limits.ts";
import { ttlMax } from "../dns/wire/ttl.ts";
import type { Endpoint } from "../dataplane/server/socket-address.ts";
import { cacheSettingsDefault } from "../resolver/resolve/cache-settings.ts";
import type { CacheSettings } from "../resolver/resolve/cache-settings.ts";
import type { UpstreamTarget } from "../resolver/upstream/upstream.ts";
import { inboundRules, readInboundSettings } from "./inbound-settings.ts";
import type { InboundSettings } from "./inbound-settings.ts";
import { SettingsError, oneOf, parseEndpoint, wholeNumber } from "./setting-values.ts";
import type { SettingRule } from "./setting-values.ts";

export type ResolverSettings = {
  /** Where it listens; nowhere: none runs. */
  listen: { endpoint: Endpoint; vpcId?: string }[];
  /** Front threads. */
  workers: number;
  upstreams: UpstreamTarget[];
  /** Octets. */
  cacheSize: number;
  cache: CacheSettings;
  /** Directory of the query logs of VPCs. */
  queryLogs: string;
  inbound: InboundSettings;
};

const mebibyte = 1024 * 1024;
const dnsPort = 53;

export const resolverRules = {
  resolver: {
    fallback: "",
    help: "address to resolve names of VPCs on, or ADDR:PORT=VPC-ID for one alone; may repeat",
    list: true,
  },
  "resolver-workers": { fallback: "", help: "threads of the resolver's front (default: workers)" },
  upstream: {
    fallback: "",
    help: "recursive resolver that knows the public's names, ADDR or ADDR:PORT; may repeat",
    list: true,
  },
  "resolver-cache-size": {
    fallback: String(cacheSizeDefault / mebibyte),
    help: "MiB of the resolver's cache",
  },
  "resolver-ttl-min": { fallback: "0", help: "seconds that cached answers are kept at least" },
  "resolver-ttl-max": {
    fallback: String(cacheTtlMaxSecondsDefault),
    help: "seconds that cached answers are kept at most",
  },
  "resolver-negative-ttl-max": {
    fallback: String(negativeTtlMaxSecondsDefault),
    help: "the same of answers that there is no such name or data",
  },
  "resolver-stale": {
    fallback: String(staleMaxSecondsDefault),
    help: "seconds that expired answers are given where no upstream answers; 0: never (RFC 8767)",
  },
  "resolver-prefetch": {
    fallback: "yes",
    help: "whether answers in use are fetched again before they expire: yes or no",
  },
  "resolver-query-logs": {
    fallback: "",
    help: "directory of query logs of VPCs (default: resolver-query-logs in data)",
  },
  ...inboundRules,
} as const satisfies Record<string, SettingRule>;

type ResolverSettingName = keyof typeof resolverRules;

/** @throws SettingsError */
export function readResolverSettings(
  texts: {
    one: (name: ResolverSettingName) => string;
    all: (name: ResolverSettingName) => string[];
  },
  { data, workers }: { data: string; workers: number },
): ResolverSettings {
  const { one, all } = texts;
  const seconds = (name: ResolverSettingName): number =>
    wholeNumber(name, one(name), { min: 0, max: ttlMax });
  const cacheMebibytes = wholeNumber("resolver-cache-size", one("resolver-cache-size"), {
    min: cacheSizeMin / mebibyte,
    max: cacheSizeMax / mebibyte,
  });
  const cache: CacheSettings = {
    ...cacheSettingsDefault,
    ttlMinSeconds: seconds("resolver-ttl-min"),
    ttlMaxSeconds: seconds("resolver-ttl-max"),
    negativeTtlMaxSeconds: seconds("resolver-negative-ttl-max"),
    staleMaxSeconds: seconds("resolver-stale"),
    prefetch: oneOf("resolver-prefetch", one("resolver-prefetch"), ["yes", "no"]) === "yes",
  };
  if (cache.ttlMinSeconds > cache.ttlMaxSeconds) {
    const { ttlMinSeconds, ttlMaxSeconds } = cache;
    throw new SettingsError(
      `Cannot use setting resolver-ttl-min: ${ttlMinSeconds} is above resolver-ttl-max, ${ttlMaxSeconds}`,
    );
  }
  return {
    listen: all("resolver").map(listener),
    workers: wholeNumber("resolver-workers", one("resolver-workers") || String(workers), {
      min: 1,
      max: workerCountMax,
    }),
    upstreams: upstreams(all("upstream")),
    cacheSize: cacheMebibytes * mebibyte,
    cache,
    queryLogs: one("resolver-query-logs") || join(data, "resolver-query-logs"),
    inbound: readInboundSettings(texts),
  };
}

/** `ADDRESS:PORT`, or `ADDRESS:PORT=VPC-ID`. */
function listener(text: string): ResolverSettings["listen"][number] {
  const [address = "", vpcId, ...more] = text.split("=");
  const endpoint = parseEndpoint(address, "resolver");
  if (vpcId === undefined) return { endpoint };
  if (more.length > 0 || !/^vpc-[\w-]{1,255}$/.test(vpcId)) {
    throw new SettingsError(
      `Cannot use setting resolver: ${text} is not ADDRESS:PORT=VPC-ID, as in 10.0.0.2:53=vpc-1a2b`,
    );
  }
  return { endpoint, vpcId };
}

function upstreams(texts: readonly string[]): UpstreamTarget[] {
  if (texts.length > upstreamCountMax) {
    throw new SettingsError(
      `Cannot use setting upstream: ${texts.length} addresses, limit ${upstreamCountMax}`,
    );
  }
  return texts.map((text) => {
    const ip = parseIp(text);
    const endpoint = ip
      ? { address: formatIp(ip), port: dnsPort }
      : parseEndpoint(text, "upstream");
    return { ...endpoint, protocol: "Do53" };
  });
}
