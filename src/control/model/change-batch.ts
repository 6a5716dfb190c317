import { aliasMessages } from "./change-batch-alias.ts";
import { groupMessage } from "./change-batch-groups.ts";
import { setLabel } from "./change-batch-messages.ts";
import type { HostedZone } from "./hosted-zone.ts";
import { liesInZone } from "./hosted-zone.ts";
import type { Mutation } from "./mutation.ts";
import type { ResourceRecordSet } from "./resource-record-set.ts";
import { policyOf, rrsetKey } from "./rrset-policy.ts";
import { usesOf } from "./rrset-uses.ts";
import { sameRRset } from "./same-rrset.ts";
import type { CidrLocationFact } from "./traffic-policy-instance.ts";

export type Change = { action: "CREATE" | "DELETE" | "UPSERT"; rrset: ResourceRecordSet };

/** What the plan of a batch needs to know of the state. */
export type BatchFacts = {
  zone: HostedZone;
  rrsetsAt(name: string): ResourceRecordSet[];
  /** The comment of the protection of a name and type, empty without one; `undefined`: none. */
  protection(name: string, type: string): string | undefined;
  /** Whether the collection has the location (`*` is in each). */
  cidrLocation(collectionId: string, locationName: string): CidrLocationFact;
};

/** The sets at one name: as they were, and as the batch leaves them. */
type NameState = {
  before: Map<string, ResourceRecordSet>;
  after: Map<string, ResourceRecordSet>;
  /** What was done to each key so far. */
  actions: Map<string, Change["action"][]>;
};

/**
 * Turns a change batch into mutations, or into the messages for which Route 53 refuses it.
 *
 * `apply()` each change in order, then `finish()` once. Whether a set is there is judged change
 * by change; the rules that sets of one name keep among themselves are judged on what the whole
 * batch leaves, so that a group can be moved to another policy or TTL in one batch.
 */
export class ChangeBatchPlan {
  readonly #facts: BatchFacts;
  readonly #names = new Map<string, NameState>();
  readonly #messages: string[] = [];
  readonly #mixed = new Set<string>();

  constructor(facts: BatchFacts) {
    this.#facts = facts;
  }

  /** Takes in one change. */
  apply(change: Change): void {
    const { action, rrset } = change;
    const message = this.#refusalOf(rrset);
    if (message !== undefined) {
      this.#messages.push(message);
      return;
    }
    const state = this.#at(rrset.name);
    const key = rrsetKey(rrset);
    if (!this.#note(state, key, change)) return;
    const current = state.after.get(key);
    const problem = this.#existence(change, current);
    if (problem !== undefined) this.#messages.push(problem);
    else if (action === "DELETE") state.after.delete(key);
    else state.after.set(key, rrset);
  }

  /** What the batch comes to. Messages are in the order of the changes, group rules last. */
  finish(): { mutations: Mutation[] } | { messages: string[] } {
    const messages = [...this.#messages];
    // Rules among sets are only judged on sets that could be put there.
    if (messages.length === 0) messages.push(...this.#ruleMessages());
    return messages.length > 0 ? { messages: [...new Set(messages)] } : this.#result();
  }

  #refusalOf(rrset: ResourceRecordSet): string | undefined {
    const { zone } = this.#facts;
    if (!liesInZone(rrset.name, zone.name)) {
      return `RRSet with DNS name ${rrset.name} is not permitted in zone ${zone.name}`;
    }
    const comment = this.#facts.protection(rrset.name, rrset.type);
    if (comment === undefined) return undefined;
    const reason = comment === "" ? "" : `: ${comment}`;
    return `Tried to change ${setLabel(rrset)} but it is protected${reason}`;
  }

  #at(name: string): NameState {
    let state = this.#names.get(name);
    if (!state) {
      const before = new Map(this.#facts.rrsetsAt(name).map((set) => [rrsetKey(set), set]));
      state = { before, after: new Map(before), actions: new Map() };
      this.#names.set(name, state);
    }
    return state;
  }

  /** A set may be named twice in a batch only to delete it and to make it anew. */
  #note(state: NameState, key: string, change: Change): boolean {
    const actions = state.actions.get(key) ?? [];
    actions.push(change.action);
    state.actions.set(key, actions);
    if (actions.length === 1) return true;
    if (actions.length === 2 && actions[0] === "DELETE" && actions[1] !== "DELETE") return true;
    const { name, type, setIdentifier } = change.rrset;
    const identifier = setIdentifier === undefined ? "" : `, SetIdentifier ${setIdentifier}`;
    const set = `${type} ${name}${identifier}`;
    if (!this.#mixed.has(set)) {
      this.#mixed.add(set);
      this.#messages.push(
        `The request contains an invalid set of changes for a resource record set '${set}'`,
      );
    }
    return false;
  }

  #existence(
    { action, rrset }: Change,
    current: ResourceRecordSet | undefined,
  ): string | undefined {
    if (action === "CREATE" && current) {
      return `Tried to create ${setLabel(rrset)} but it already exists`;
    }
    if (action !== "DELETE") return undefined;
    if (!current) return `Tried to delete ${setLabel(rrset)} but it was not found`;
    if (sameRRset(rrset, current)) return undefined;
    return (
      `Tried to delete ${setLabel(rrset)} but the values provided ` +
      "do not match the current values"
    );
  }

  #ruleMessages(): string[] {
    const { zone } = this.#facts;
    const messages: string[] = [];
    for (const [name, state] of this.#names) {
      const all = [...state.after.values()];
      for (const [key, rrset] of state.after) {
        if (state.before.get(key) !== rrset) messages.push(...this.#messagesOf(rrset, all));
      }
      if (name === zone.name) messages.push(...apexMessages(state.after));
    }
    return messages;
  }

  #messagesOf(rrset: ResourceRecordSet, all: readonly ResourceRecordSet[]): string[] {
    const { zone } = this.#facts;
    const placed = placeMessage(rrset, zone) ?? cnameMessage(rrset, all, zone);
    if (placed !== undefined) return [placed];
    const group = groupMessage(
      rrset,
      all.filter((other) => other.type === rrset.type),
    );
    const cidr = this.#cidrMessage(rrset);
    const alias = aliasMessages(rrset, { ...zone, setsAt: (name) => this.#setsAt(name) });
    return [group, cidr, ...alias].filter((message) => message !== undefined);
  }

  #setsAt(name: string): readonly ResourceRecordSet[] {
    const state = this.#names.get(name);
    return state ? [...state.after.values()] : this.#facts.rrsetsAt(name);
  }

  #cidrMessage(rrset: ResourceRecordSet): string | undefined {
    const config = rrset.cidrRoutingConfig;
    if (!config) return undefined;
    const found = this.#facts.cidrLocation(config.collectionId, config.locationName);
    if (found === "here") return undefined;
    const what =
      found === "noCollection"
        ? `CIDR collection ${config.collectionId} does not exist`
        : `CIDR collection ${config.collectionId} has no location ${config.locationName}`;
    return `Tried to create ${setLabel(rrset)} but ${what}`;
  }

  #result(): { mutations: Mutation[] } {
    const zoneId = this.#facts.zone.id;
    const mutations: Mutation[] = [];
    for (const { before, after } of this.#names.values()) {
      for (const [key, rrset] of before) {
        const next = after.get(key);
        if (next === rrset) continue;
        if (!next) mutations.push(removal(zoneId, rrset));
        mutations.push(...usesOf("remove", zoneId, rrset));
      }
      for (const [key, rrset] of after) {
        if (before.get(key) === rrset) continue;
        mutations.push({ putRRset: zoneId, rrset });
        mutations.push(...usesOf("put", zoneId, rrset));
      }
    }
    return { mutations };
  }
}

function removal(zoneId: string, rrset: ResourceRecordSet): Mutation {
  const { name, type, setIdentifier } = rrset;
  const identity = setIdentifier === undefined ? { name, type } : { name, type, setIdentifier };
  return { removeRRset: zoneId, ...identity };
}

/** Types and policies that are not for this name or this zone. */
function placeMessage(rrset: ResourceRecordSet, zone: HostedZone): string | undefined {
  const { name, type } = rrset;
  const atApex = name === zone.name;
  const label = `RRSet of type ${type} with DNS name ${name} is not permitted`;
  if (atApex && (type === "CNAME" || type === "DS")) return `${label} at apex in zone ${zone.name}`;
  if (!atApex && type === "SOA") return `${label} in zone ${zone.name}`;
  if (type === "NS" && name.startsWith("\\052.")) {
    return `${label} as wildcard NS records are not supported in zone ${zone.name}`;
  }
  const policy = policyOf(rrset);
  if (!zone.private || (policy !== "geoproximity" && policy !== "cidr")) return undefined;
  return `${label} with ${policy} routing in private zone ${zone.name}`;
}

/** A CNAME stands alone at its name (RFC 1034 §3.6.2). */
function cnameMessage(
  rrset: ResourceRecordSet,
  all: readonly ResourceRecordSet[],
  zone: HostedZone,
): string | undefined {
  const { name, type } = rrset;
  if (type === "CNAME" && all.some((other) => other.type !== "CNAME")) {
    return (
      `RRSet of type CNAME with DNS name ${name} is not permitted as it conflicts with other ` +
      `records with the same DNS name in zone ${zone.name}`
    );
  }
  if (type === "CNAME" || !all.some((other) => other.type === "CNAME")) return undefined;
  return (
    `RRSet of type ${type} with DNS name ${name} is not permitted because a conflicting RRSet of ` +
    `type CNAME with the same DNS name already exists in zone ${zone.name}`
  );
}

function apexMessages(after: ReadonlyMap<string, ResourceRecordSet>): string[] {
  const messages: string[] = [];
  if (!after.has("SOA")) messages.push("A HostedZone must contain exactly one SOA record.");
  if (!after.has("NS")) {
    messages.push("A HostedZone must contain at least one NS record for the zone itself.");
  }
  return messages;
}
