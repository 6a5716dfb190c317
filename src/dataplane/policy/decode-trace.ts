import { keyType, NODE_HEADER_WORDS, HEADER, BLOCK } from "../image/layout.ts";
import type { ZoneView } from "../image/zone-image.ts";
import { nodeWords } from "../image/zone-image.ts";
import {
  BRANCH,
  FAIL_MODE,
  FAIL_MODE_SHIFT,
  GEOLOCATION,
  HEALTH_SLOT_MASK,
  OP,
  OP_MASK,
} from "./program.ts";
import { placeCodeText } from "../geo/place-code.ts";
import { PLACE_KEY, PLACE_KEY_SHIFT } from "./program.ts";
import type { FailMode, GroupNode, WantedPlace } from "./routing-tree.ts";
import { CANDIDATE_FLAG, GROUP_FLAG, STEP, STEP_COLUMN, STEP_WORDS } from "./trace-buffer.ts";
import type { TraceBuffer } from "./trace-buffer.ts";

/** A branch of a group as it stood when the group was decided. */
export type TracedCandidate = {
  /** Set identifier or path in a document. */
  readonly label: string;
  /** Slot of its health check; 0: it has none. */
  readonly healthSlot: number;
  readonly isCheckUp: boolean;
  /** What it leads to is healthy, or is not to be looked at. */
  readonly isTargetHealthy: boolean;
  /** Whether the policy may answer this client with it at all. */
  readonly isEligible: boolean;
  readonly isTaken: boolean;
  /** Of a weighted group. */
  readonly weight?: number;
  /** Metres (geoproximity: biased; latency), load or lot; the lowest is preferred. */
  readonly rank?: number;
  /** Of a geolocation group. */
  readonly place?: WantedPlace;
};

/** One step of an answer. */
export type TracedStep =
  /** A routed set was entered: the question's own, or one that an alias leads to. */
  | { readonly kind: "set"; readonly owner: Uint8Array; readonly type: number }
  | {
      readonly kind: "group";
      readonly policy: GroupNode["kind"];
      readonly failMode: FailMode;
      /** None was healthy, and one answers all the same. */
      readonly isFailOpen: boolean;
      readonly candidates: readonly TracedCandidate[];
    }
  | { readonly kind: "alias" }
  /** The records of a block answer. */
  | { readonly kind: "records"; readonly block: number };

const policies: Readonly<Record<number, GroupNode["kind"]>> = {
  [OP.WEIGHTED]: "weighted",
  [OP.FAILOVER]: "failover",
  [OP.GEOLOCATION]: "geolocation",
  [OP.GEOPROXIMITY]: "geoproximity",
  [OP.LATENCY]: "latency",
  [OP.CIDR]: "cidr",
  [OP.MULTIVALUE]: "multivalue",
  [OP.TIME_OF_DAY]: "timeOfDay",
  [OP.LEAST_LOADED]: "leastLoaded",
  [OP.STICKY]: "sticky",
  [OP.NEARBY]: "nearby",
};

const rankedPolicies: ReadonlySet<string> = new Set([
  "geoproximity",
  "latency",
  "leastLoaded",
  "sticky",
  "nearby",
]);

const failModes: Readonly<Record<number, FailMode>> = {
  [FAIL_MODE.OPEN]: "open",
  [FAIL_MODE.CLOSED]: "closed",
  [FAIL_MODE.GEOFENCE]: "geofence",
};

/** What a trace tells, in the order of the evaluation. @param zone the one that was answered from */
export function decodeTrace(zone: ZoneView, trace: TraceBuffer): TracedStep[] {
  const steps: TracedStep[] = [];
  let candidates: TracedCandidate[] = [];
  let policy: GroupNode["kind"] = "failover";
  for (let at = 0; at < trace.size; at += STEP_WORDS) {
    const column = (index: number): number => trace.words[at + index] as number;
    const program = column(STEP_COLUMN.program);
    const offset = program + column(STEP_COLUMN.at);
    switch (column(STEP_COLUMN.kind)) {
      case STEP.SET:
        steps.push({ kind: "set", ...setOf(zone, program) });
        break;
      case STEP.GROUP: {
        const head = zone.words[offset] as number;
        candidates = [];
        policy = policies[head & OP_MASK] ?? policy;
        const failMode = failModes[(head >>> FAIL_MODE_SHIFT) & 0xff] ?? "open";
        const isFailOpen = (column(STEP_COLUMN.flags) & GROUP_FLAG.FAIL_OPEN) !== 0;
        steps.push({ kind: "group", policy, failMode, isFailOpen, candidates });
        break;
      }
      case STEP.CANDIDATE: {
        const value = column(STEP_COLUMN.value);
        const flags = column(STEP_COLUMN.flags);
        candidates.push(candidateOf(zone, { program, branch: offset, policy, value, flags }));
        break;
      }
      case STEP.ALIAS:
        steps.push({ kind: "alias" });
        break;
      default:
        steps.push({ kind: "records", block: program });
    }
  }
  return steps;
}

function candidateOf(
  zone: ZoneView,
  traced: {
    program: number;
    branch: number;
    policy: GroupNode["kind"];
    value: number;
    flags: number;
  },
): TracedCandidate {
  const { program, branch, policy, value, flags } = traced;
  const { words } = zone;
  const key = words[branch + GEOLOCATION.key] as number;
  return {
    label: textAt(zone, program + (words[branch + BRANCH.label] as number)),
    healthSlot: (words[branch + BRANCH.health] as number) & HEALTH_SLOT_MASK,
    isCheckUp: (flags & CANDIDATE_FLAG.CHECK_UP) !== 0,
    isTargetHealthy: (flags & CANDIDATE_FLAG.TARGET_HEALTHY) !== 0,
    isEligible: (flags & CANDIDATE_FLAG.ELIGIBLE) !== 0,
    isTaken: (flags & CANDIDATE_FLAG.TAKEN) !== 0,
    ...(policy === "weighted" ? { weight: value } : {}),
    ...(rankedPolicies.has(policy) ? { rank: value } : {}),
    ...(policy === "geolocation" ? { place: placeOf(key) } : {}),
  };
}

function placeOf(key: number): WantedPlace {
  const code = placeCodeText(key & 0xffff);
  switch (key >>> PLACE_KEY_SHIFT) {
    case 0:
      return "default";
    case PLACE_KEY.CONTINENT:
      return { continent: code };
    case PLACE_KEY.COUNTRY:
      return { country: code };
    case PLACE_KEY.US_STATE:
      return { country: "US", subdivision: code };
    default:
      return { subdivision: code };
  }
}

function textAt(zone: ZoneView, at: number): string {
  const start = (at + 1) * 4;
  const octets = zone.octets.slice(start, start + (zone.words[at] as number));
  return new TextDecoder().decode(octets);
}

/** The set that a program is of: the image is searched for the node that holds it. */
function setOf(zone: ZoneView, program: number): { owner: Uint8Array; type: number } {
  const { words } = zone;
  const block = program - BLOCK.program;
  const type = keyType(words[block + BLOCK.key] as number);
  let node = words[HEADER.arenaStart] as number;
  while (node + nodeWords(words, node) <= block) node += nodeWords(words, node);
  const size = (words[node] as number) & 0xff;
  const start = (node + NODE_HEADER_WORDS) * 4;
  const owner = new Uint8Array(size + zone.apexSize);
  owner.set(zone.octets.subarray(start, start + size));
  owner.set(zone.octets.subarray(zone.apexOffset, zone.apexOffset + zone.apexSize), size);
  return { owner, type };
}
