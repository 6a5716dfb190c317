import { nameSizeMax } from "../../src/base/limits.ts";
import type { Random } from "../../src/base/random.ts";
import {
  equalNames,
  isSubdomain,
  isWildcard,
  parentOf,
  parseName,
  type Name,
} from "../../src/dns/wire/name.ts";
import { TYPE } from "../../src/dns/wire/registries.ts";
import { modes, type Query } from "./query.ts";
import type { ZoneFile } from "./zone-files.ts";
import { ownersOf, type Owner } from "./zone-owners.ts";

/** Types asked of names that do not have them. ANY, transfers and meta types are not among them. */
const commonTypes: readonly number[] = [
  TYPE.A,
  TYPE.AAAA,
  TYPE.NS,
  TYPE.SOA,
  TYPE.CNAME,
  TYPE.DNAME,
  TYPE.MX,
  TYPE.TXT,
  TYPE.SRV,
  TYPE.PTR,
  TYPE.DS,
  TYPE.DNSKEY,
  TYPE.NSEC,
  TYPE.HTTPS,
  TYPE.CAA,
  65_280,
];

const otherTypesPerName = 3;

/**
 * The questions about one zone: each of its names with all types it has and some it has not, empty
 * non-terminals, names below, beside and above them, wildcards filled in, case variants.
 * The same seed gives the same questions.
 */
export function queriesFor(zone: ZoneFile, random: Random): Query[] {
  const apex = parseName(zone.origin);
  const owners = ownersOf(zone);
  const queries: Query[] = [];
  for (const { name, types } of owners) {
    for (const type of types) {
      for (const mode of modes) queries.push(queryOf(name, type, { mode, random }));
    }
  }
  for (const name of distinctNames(owners.flatMap((owner) => namesAround(owner, apex, random)))) {
    const types = new Set([TYPE.A, TYPE.DS]);
    for (let i = 0; i < otherTypesPerName; i++) types.add(pick(commonTypes, random) as 1);
    for (const type of types) {
      queries.push(queryOf(name, type, { mode: pick(modes, random), random }));
    }
  }
  return queries;
}

function queryOf(
  name: Name,
  type: number,
  { mode, random }: { readonly mode: Query["mode"]; readonly random: Random },
): Query {
  return { name, type, mode, recursionDesired: (random.uint32() & 3) === 0 };
}

/** Names that an owner name makes worth asking for. */
function namesAround(owner: Owner, apex: Name, random: Random): Name[] {
  const { name } = owner;
  const names = [name, ...ancestors(name, apex), mixedCase(name, random)];
  const bases = isWildcard(name) ? [name, parentOf(name) as Name] : [name];
  for (const base of bases) {
    const below = randomLabel(random);
    names.push(
      ...prefixed([below], base),
      ...prefixed([randomLabel(random), below], base),
      ...prefixed(["*"], base),
      ...prefixed(["x", "*"], base),
      ...prefixed(["www"], base),
    );
  }
  const parent = parentOf(name);
  if (parent && !equalNames(name, apex)) {
    names.push(...prefixed([randomLabel(random)], parent), ...neighbours(name, parent));
  }
  if (owner.types.includes(TYPE.DNAME)) names.push(...longNames(name));
  return names.filter((candidate) => candidate.length <= nameSizeMax);
}

/** The names between a name and the apex, and the name above the apex. */
function ancestors(name: Name, apex: Name): Name[] {
  const above: Name[] = [];
  let at = parentOf(name);
  while (at && isSubdomain(at, apex)) {
    above.push(at);
    at = parentOf(at);
  }
  if (at && equalNames(name, apex)) above.push(at);
  return above;
}

/** Siblings whose label is one octet longer, one shorter, or one higher in the last octet. */
function neighbours(name: Name, parent: Name): Name[] {
  const label = name.slice(1, 1 + (name[0] as number));
  const last = label.length - 1;
  const higher = label.slice();
  higher[last] = ((label[last] as number) + 1) & 255;
  const labels = [higher];
  if (label.length < 63) labels.push(Uint8Array.of(...label, 0x30));
  if (label.length > 1) labels.push(label.slice(0, last));
  return labels.map((other) => Uint8Array.of(other.length, ...other, ...parent));
}

/** Names below a DNAME in steps of length, up to the longest there is. */
function longNames(base: Name): Name[] {
  const names: Name[] = [];
  for (let size = 20; size + base.length <= nameSizeMax; size += 12) {
    const labels: Uint8Array[] = [];
    for (let left = size; left > 1; left -= 64) {
      const length = Math.min(63, left - 1);
      labels.push(Uint8Array.of(length, ...new Uint8Array(length).fill(0x78)));
    }
    names.push(Uint8Array.of(...labels.flatMap((label) => [...label]), ...base));
  }
  return names;
}

function prefixed(labels: readonly string[], base: Name): Name[] {
  const size = labels.reduce((sum, label) => sum + label.length + 1, base.length);
  return size > nameSizeMax ? [] : [parseName(labels.join("."), base)];
}

function mixedCase(name: Name, random: Random): Name {
  return name.map((octet) => {
    const letter = (octet >= 0x41 && octet <= 0x5a) || (octet >= 0x61 && octet <= 0x7a);
    return letter && (random.uint32() & 1) === 0 ? octet ^ 0x20 : octet;
  });
}

const labelAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789-_";

function randomLabel(random: Random): string {
  const size = 1 + (random.uint32() % 12);
  let label = "";
  for (let i = 0; i < size; i++) label += labelAlphabet[random.uint32() % labelAlphabet.length];
  return label;
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[random.uint32() % values.length] as T;
}

/** Without repetition; names that differ in case are different. */
function distinctNames(names: readonly Name[]): Name[] {
  return [...new Map(names.map((name) => [name.join(), name])).values()];
}
