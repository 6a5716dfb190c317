import { queryCounters, udpCounters } from "../../dataplane/server/worker-counters.ts";
import { defineCounters, labelSeries } from "../../telemetry/counters.ts";
import type { CounterDefinition, CounterSet } from "../../telemetry/counters.ts";

function plain(name: string, help: string) {
  return { name, help, series: [""] };
}

/** Counters of query logs, and of what is refused for want of a zone. */
const nameServerOnly = ["logged", "notLogged", "noZone"] as const;

/** What front workers do with queries. */
export const frontCounters = defineCounters({
  cacheHits: plain("signpost_resolver_cache_hits_total", "Queries answered from the cache."),
  cacheMisses: plain(
    "signpost_resolver_cache_misses_total",
    "Queries looked for in the cache in vain.",
  ),
  zoneAnswers: {
    name: "signpost_resolver_zone_answers_total",
    help: "Queries answered from hosted zones.",
    series: labelSeries("zones", ["private", "public"]),
  },
  handedOver: plain(
    "signpost_resolver_handed_over_total",
    "Queries handed over to the resolver thread.",
  ),
  prefetches: plain(
    "signpost_resolver_prefetches_total",
    "Answers about to expire that the resolver thread was asked to fetch again.",
  ),
  dropped: plain(
    "signpost_resolver_hand_over_dropped_total",
    "Queries dropped because the resolver thread was behind.",
  ),
  refusedClients: plain(
    "signpost_resolver_refused_clients_total",
    "Queries refused because their sender is of no VPC.",
  ),
});

/** The name server's counters under the resolver's name: what its front answers by itself. */
export const frontQueryCounters = underAnotherName(queryCounters);
/** The UDP driver's. */
export const frontUdpCounters = underAnotherName(udpCounters);

/** Those of a set that the resolver has too, with `signpost_resolver_` for `signpost_`. */
function underAnotherName<Key extends string>(set: CounterSet<Key>): CounterSet<Key> {
  const definitions = Object.entries<CounterDefinition>(set.definitions)
    .filter(([key]) => !(nameServerOnly as readonly string[]).includes(key))
    .map(([key, definition]) => {
      const name = definition.name.replace(/^signpost_(dns_)?/, "signpost_resolver_");
      return [key, { ...definition, name }];
    });
  return { ...set, definitions: Object.fromEntries(definitions) };
}
