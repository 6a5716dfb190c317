import type { Cidr } from "../../base/ip.ts";
import type { SetReference } from "../image/image-rrset.ts";

/** A place that a branch is for; codes as Route 53 writes them. */
export type WantedPlace =
  | { readonly continent?: string; readonly country?: string; readonly subdivision?: string }
  | "default";

/** Weekly hours; a window that ends at or before its start ends on the next day. */
export type WeeklyWindow = {
  /** Days it begins on: bit 0 is Monday. */
  readonly days: number;
  /** Minutes of the day, 0–1,439 and 1–1,440. */
  readonly startMinute: number;
  readonly endMinute: number;
};

/** What a group chooses from. */
export type Branch<T = object> = T & {
  /** Set identifier or path in a document: what people are told. */
  readonly label: string;
  /** Slot of the status table that must be up; none or 0: always is. */
  readonly healthSlot?: number;
  /** Whether an inline group's health counts as the branch's. Default true. */
  readonly evaluateTargetHealth?: boolean;
  readonly node: RoutingNode;
};

/**
 * What a group answers where none of its branches is healthy: as if all were (`open`, Route 53's
 * way), nothing (`closed`). `geofence` is open too, but never leaves the smallest place that fits
 * the client (geolocation, nearby) or its longest block (CIDR) because something there is unhealthy.
 */
export type FailMode = "open" | "closed" | "geofence";

type Group<Kind extends string, T = object> = {
  readonly kind: Kind;
  readonly branches: readonly Branch<T>[];
  /** Default `open`. */
  readonly failMode?: FailMode;
};

/** Degrees, −90–90 and −180–180. */
type Point = { readonly latitude: number; readonly longitude: number };

export type GroupNode =
  /** Drawn by weight, 0–2^31−1 in all; 0 only where no other is healthy. */
  | Group<"weighted", { readonly weight: number }>
  /** The first that is healthy. */
  | Group<"failover">
  /** State, country, continent, default: the smallest of them that is healthy. */
  | Group<"geolocation", { readonly place: WantedPlace }>
  /** The nearest; a bias of −99–99 lengthens and shortens distances. */
  | Group<"geoproximity", Point & { readonly bias: number }>
  /** The one with the lowest latency, which distance stands for. */
  | Group<"latency", Point & { readonly region: string }>
  /** The one with the longest block around the client's network. Blocks: up to /32 and /64. */
  | Group<"cidr", { readonly blocks: readonly Cidr[] | "default" }>
  /** Up to `limit` of those that are healthy, 8 at most. Branches are records. */
  | (Group<"multivalue"> & { readonly limit: number })
  /** The first that has a window now, else the default. `zone` is one of IANA's. */
  | (Group<"timeOfDay", { readonly windows: readonly WeeklyWindow[] | "default" }> & {
      readonly zone: string;
    })
  /** The one with the least load; above `low` more and more clients, above `high` all pass it over. */
  | Group<"leastLoaded", { readonly loadSlot: number; readonly low: number; readonly high: number }>
  /** Always the same for a client's network, and by weight over all of them. */
  | Group<"sticky", { readonly weight: number }>
  /**
   * One in the client's city (the least loaded), else in its country (the nearest), else on its
   * continent (the lowest latency), else the nearest.
   */
  | Group<
      "nearby",
      Point & {
        readonly country?: string;
        readonly continent?: string;
        readonly city?: string;
        readonly loadSlot?: number;
        readonly region?: string;
      }
    >;

/**
 * How a set is answered: what the compiler makes of Route 53's policies and of traffic policies. A
 * node may stand in several places of a tree; it is encoded once.
 */
export type RoutingNode =
  | { readonly kind: "records"; readonly ttl: number; readonly rdatas: readonly Uint8Array[] }
  /** The records of another set of the zone, however that is answered. */
  | {
      readonly kind: "alias";
      readonly target: SetReference;
      readonly evaluateTargetHealth: boolean;
    }
  | GroupNode;
