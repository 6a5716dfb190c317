import { ALIAS, EVALUATE_HEALTH, LEAF, RECORDS } from "../image/image-program.ts";
import { BLOCK, HEADER, NODE_HEADER_WORDS, keyType } from "../image/layout.ts";
import type { ZoneView } from "../image/zone-image.ts";
import { nodeWords } from "../image/zone-image.ts";
import { decodeCriterion, textAt } from "./decode-criterion.ts";
import type { TracedCriterion } from "./decode-criterion.ts";
import {
  BRANCH,
  EVALUATE_GROUP,
  FAIL_MODE,
  FAIL_MODE_SHIFT,
  HEALTH_SLOT_MASK,
  OP,
  OP_MASK,
} from "./program.ts";
import type { FailMode, GroupNode } from "./routing-tree.ts";
import { CANDIDATE_FLAG, GROUP_FLAG, STEP, STEP_COLUMN, STEP_WORDS } from "./trace-buffer.ts";
import type { TraceBuffer } from "./trace-buffer.ts";

/** One step of an answer. */
export type TracedStep =
  /** A routed set was entered: the question's own, or one that an alias leads to. */
  | { readonly kind: "set"; readonly owner: Uint8Array; readonly type: number }
  | TracedGroup
  /** Followed to the set of that owner. */
  | { readonly kind: "alias"; readonly owner: Uint8Array }
  /** The records of a block answer. */
  | { readonly kind: "records"; readonly block: number };

export type TracedGroup = {
  readonly kind: "group";
  readonly policy: GroupNode["kind"];
  readonly failMode: FailMode;
  /** None was healthy, and one answers all the same. */
  readonly isFailOpen: boolean;
  readonly candidates: readonly TracedCandidate[];
};

/** A branch of a group as it stood when the group was decided. */
export type TracedCandidate = {
  /** Set identifier or path in a document. */
  readonly label: string;
  /** Slot of its health check; 0: it has none. */
  readonly healthSlot: number;
  readonly target: TracedTarget;
  /** What the policy goes by. */
  readonly criterion: TracedCriterion;
  readonly isCheckUp: boolean;
  /** What it leads to is healthy, or is not to be looked at. */
  readonly isTargetHealthy: boolean;
  /** Whether the policy may answer this client with it at all. */
  readonly isEligible: boolean;
  readonly isTaken: boolean;
};

export type TracedTarget =
  | { readonly kind: "records"; readonly block: number }
  | {
      readonly kind: "alias";
      readonly owner: Uint8Array;
      readonly evaluateTargetHealth: boolean;
    }
  | {
      readonly kind: "group";
      readonly policy: GroupNode["kind"];
      readonly evaluateTargetHealth: boolean;
    };

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

const failModes: Readonly<Record<number, FailMode>> = {
  [FAIL_MODE.OPEN]: "open",
  [FAIL_MODE.CLOSED]: "closed",
  [FAIL_MODE.GEOFENCE]: "geofence",
};

/** What a trace tells, in the order of the evaluation. @param zone the one that was answered from */
export function decodeTrace(zone: ZoneView, trace: TraceBuffer): TracedStep[] {
  const steps: TracedStep[] = [];
  let candidates: TracedCandidate[] = [];
  for (let at = 0; at < trace.size; at += STEP_WORDS) {
    const column = (index: number): number => trace.words[at + index] as number;
    const program = column(STEP_COLUMN.program);
    const offset = program + column(STEP_COLUMN.at);
    switch (column(STEP_COLUMN.kind)) {
      case STEP.SET:
        steps.push({ kind: "set", ...setOf(zone, program) });
        break;
      case STEP.GROUP: {
        candidates = [];
        const head = zone.words[offset] as number;
        const policy = policyOf(head);
        const failMode = failModes[(head >>> FAIL_MODE_SHIFT) & 0xff] ?? "open";
        const isFailOpen = (column(STEP_COLUMN.flags) & GROUP_FLAG.FAIL_OPEN) !== 0;
        steps.push({ kind: "group", policy, failMode, isFailOpen, candidates });
        break;
      }
      case STEP.CANDIDATE: {
        const group = steps.at(-1);
        const value = column(STEP_COLUMN.value);
        const flags = column(STEP_COLUMN.flags);
        if (group?.kind !== "group") break;
        const { policy } = group;
        const index = candidates.length;
        candidates.push(
          candidateOf(zone, { program, branch: offset, policy, index, value, flags }),
        );
        break;
      }
      case STEP.ALIAS:
        steps.push({ kind: "alias", owner: aliasOwner(zone, offset) });
        break;
      default:
        steps.push({ kind: "records", block: program });
    }
  }
  return steps;
}

function policyOf(head: number): GroupNode["kind"] {
  return policies[head & OP_MASK] ?? "failover";
}

type TracedBranch = {
  program: number;
  branch: number;
  policy: GroupNode["kind"];
  /** Of the branch in its group. */
  index: number;
  value: number;
  flags: number;
};

function candidateOf(zone: ZoneView, traced: TracedBranch): TracedCandidate {
  const { program, branch, flags } = traced;
  const { words } = zone;
  const health = words[branch + BRANCH.health] as number;
  return {
    label: textAt(zone, program + (words[branch + BRANCH.label] as number)),
    healthSlot: health & HEALTH_SLOT_MASK,
    target: targetOf(zone, program + (words[branch + BRANCH.target] as number), health),
    criterion: decodeCriterion(zone, traced),
    isCheckUp: (flags & CANDIDATE_FLAG.CHECK_UP) !== 0,
    isTargetHealthy: (flags & CANDIDATE_FLAG.TARGET_HEALTHY) !== 0,
    isEligible: (flags & CANDIDATE_FLAG.ELIGIBLE) !== 0,
    isTaken: (flags & CANDIDATE_FLAG.TAKEN) !== 0,
  };
}

function targetOf(zone: ZoneView, target: number, health: number): TracedTarget {
  const head = zone.words[target] as number;
  switch (head & OP_MASK) {
    case LEAF.RECORDS:
      return { kind: "records", block: target + RECORDS.block };
    case LEAF.ALIAS: {
      const evaluated = (zone.words[target + ALIAS.nameSize] as number) & EVALUATE_HEALTH;
      return {
        kind: "alias",
        owner: aliasOwner(zone, target),
        evaluateTargetHealth: evaluated !== 0,
      };
    }
    default: {
      const evaluateTargetHealth = (health & EVALUATE_GROUP) !== 0;
      return { kind: "group", policy: policyOf(head), evaluateTargetHealth };
    }
  }
}

function aliasOwner(zone: ZoneView, alias: number): Uint8Array {
  const size = (zone.words[alias + ALIAS.nameSize] as number) & 0xff;
  return ownerAt(zone, (alias + ALIAS.name) * 4, size);
}

/** The name whose labels below the apex are `size` octets from `start` on. */
function ownerAt(zone: ZoneView, start: number, size: number): Uint8Array {
  const owner = new Uint8Array(size + zone.apexSize);
  owner.set(zone.octets.subarray(start, start + size));
  owner.set(zone.octets.subarray(zone.apexOffset, zone.apexOffset + zone.apexSize), size);
  return owner;
}

/** The set of a block: the image is searched for the node that holds it. */
function setOf(zone: ZoneView, block: number): { owner: Uint8Array; type: number } {
  const { words } = zone;
  const type = keyType(words[block + BLOCK.key] as number);
  let node = words[HEADER.arenaStart] as number;
  while (node + nodeWords(words, node) <= block) node += nodeWords(words, node);
  const size = (words[node] as number) & 0xff;
  return { owner: ownerAt(zone, (node + NODE_HEADER_WORDS) * 4, size), type };
}
