import {
  compareText,
  lastBound,
  leavesOf,
  withNames,
} from "../../control/model/firewall-domain-leaf.ts";
import type { DomainLeaf } from "../../control/model/firewall-domain-leaf.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { ListOptions, StateReader } from "../../control/state/state-reader.ts";

/** What a change of a list's names comes to. */
export type DomainChange = { mutations: Mutation[]; added: number; removed: number };

const leavesReadAtOnce = 16;

/** The names of a list in order, from the first one after `after` on. */
export function* namesOf(state: StateReader, listId: string, after = ""): Generator<string> {
  let leaves = leavesOfList(state, listId, { from: [listId, after], limit: leavesReadAtOnce });
  while (leaves.length > 0) {
    for (const { names } of leaves) {
      for (const name of names) if (name > after) yield name;
    }
    const last = leaves.at(-1)?.bound ?? lastBound;
    leaves = leavesOfList(state, listId, { after: [listId, last], limit: leavesReadAtOnce });
  }
}

export function hasName(state: StateReader, listId: string, name: string): boolean {
  const [leaf] = leavesOfList(state, listId, { from: [listId, name], limit: 1 });
  return leaf?.names.includes(name) ?? false;
}

/** Adds names that are not there. */
export function addNames(
  state: StateReader,
  listId: string,
  names: readonly string[],
): DomainChange {
  const change = { mutations: [] as Mutation[], added: 0, removed: 0 };
  for (const { leaf, some } of byLeaf(state, listId, names)) {
    const leaves = withNames(leaf, some);
    const count = leaves.reduce((sum, each) => sum + each.names.length, 0);
    if (count === leaf.names.length) continue;
    change.added += count - leaf.names.length;
    change.mutations.push(...leaves.map((each) => putLeaf(listId, each)));
  }
  return change;
}

/** Removes names that are there. */
export function removeNames(
  state: StateReader,
  listId: string,
  names: readonly string[],
): DomainChange {
  const change = { mutations: [] as Mutation[], added: 0, removed: 0 };
  for (const { leaf, some } of byLeaf(state, listId, names)) {
    const gone = new Set(some);
    const rest = leaf.names.filter((name) => !gone.has(name));
    if (rest.length === leaf.names.length) continue;
    change.removed += leaf.names.length - rest.length;
    change.mutations.push(
      rest.length === 0
        ? { remove: "firewallDomains", key: [listId, leaf.bound] }
        : putLeaf(listId, { bound: leaf.bound, names: rest }),
    );
  }
  return change;
}

/** @param names in order, each once; they take the place of all that the list has */
export function replaceNames(
  state: StateReader,
  listId: string,
  names: readonly string[],
): DomainChange {
  const leaves = leavesOf(names);
  const bounds = new Set(leaves.map(({ bound }) => bound));
  const before = state.list<string[]>("firewallDomains", { prefix: [listId] });
  const gone = before.filter(({ key }) => !bounds.has(key[1] ?? ""));
  return {
    mutations: [
      ...gone.map(({ key }): Mutation => ({ remove: "firewallDomains", key })),
      ...leaves.map((leaf) => putLeaf(listId, leaf)),
    ],
    added: names.length,
    removed: before.reduce((sum, { value }) => sum + value.length, 0),
  };
}

function putLeaf(listId: string, { bound, names }: DomainLeaf): Mutation {
  return { put: "firewallDomains", key: [listId, bound], value: names };
}

/** Names by the leaf they belong to, in order. */
function* byLeaf(
  state: StateReader,
  listId: string,
  names: readonly string[],
): Generator<{ leaf: DomainLeaf; some: string[] }> {
  const rest = names.toSorted(compareText);
  let at = 0;
  while (at < rest.length) {
    const options = { from: [listId, rest[at] ?? ""], limit: 1 };
    const [leaf = emptyLeaf] = leavesOfList(state, listId, options);
    const start = at;
    while (at < rest.length && (rest[at] ?? "") <= leaf.bound) at++;
    yield { leaf, some: rest.slice(start, at) };
  }
}

const emptyLeaf: DomainLeaf = { bound: lastBound, names: [] };

function leavesOfList(
  state: StateReader,
  listId: string,
  options: Omit<ListOptions, "prefix">,
): DomainLeaf[] {
  return state
    .list<string[]>("firewallDomains", { prefix: [listId], ...options })
    .map(({ key, value }) => ({ bound: key[1] ?? "", names: value }));
}
