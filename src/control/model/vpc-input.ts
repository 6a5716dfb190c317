import { vpcCidrCountMax, vpcHostAddressCountMax, vpcSubnetCountMax } from "../../base/limits.ts";
import {
  cidrContains,
  cidrsOverlap,
  formatCidr,
  formatIp,
  networkOf,
  parseCidr,
  parseIp,
} from "../../base/ip.ts";
import type { Cidr } from "../../base/ip.ts";
import { isRegionName } from "../../base/region-name.ts";
import { InputObject } from "./input-object.ts";
import { InvalidNameError, normaliseName } from "./route53-name.ts";
import { cidrsOf } from "./vpc.ts";
import type { VpcHost, VpcRow } from "./vpc.ts";

const vpcIdForm = /^vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
const subnetIdForm = /^subnet-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;

export function isVpcId(text: string): boolean {
  return vpcIdForm.test(text);
}

/**
 * A VPC as it is to be created.
 * @throws InputProblem
 */
export function readVpc(value: unknown): { vpcId: string; row: VpcRow } {
  const object = new InputObject(value);
  const vpcId = object.text("vpcId");
  if (!isVpcId(vpcId)) {
    throw object.problem("vpcId", `id ${vpcId} is not vpc- and 8 or 17 hexadecimal digits`);
  }
  const region = object.text("region");
  if (!isRegionName(region)) {
    throw object.problem("region", `${region} does not look like us-east-1`);
  }
  return { vpcId, row: withMembers(object, { region }) };
}

/**
 * What becomes of a VPC when the members given are changed; `subnets` stands for all of them.
 * @throws InputProblem
 */
export function readVpcChange(value: unknown, before: VpcRow): VpcRow {
  return withMembers(new InputObject(value), before);
}

function withMembers(
  object: InputObject,
  before: Pick<VpcRow, "region"> & Partial<VpcRow>,
): VpcRow {
  const { cidr, moreCidrs: _, subnets: subnetsBefore = {}, byListener, ...rest } = before;
  const mayStay = cidr !== undefined && !object.has("cidrs");
  const cidrs = mayStay ? cidrsOf({ ...rest, ...before, cidr }) : readCidrs(object);
  const subnets = readSubnets(object, cidrs, subnetsBefore);
  const isByListener = object.optional("byListener", (name) => object.flag(name)) ?? byListener;
  object.end();
  const [first = "", ...more] = cidrs;
  return {
    ...rest,
    cidr: first,
    ...(more.length > 0 ? { moreCidrs: more } : {}),
    ...(Object.keys(subnets).length > 0 ? { subnets } : {}),
    ...(isByListener ? { byListener: true } : {}),
  };
}

function readCidrs(object: InputObject): string[] {
  const texts = object.texts("cidrs", { min: 1, max: vpcCidrCountMax });
  return blocks(object, Object.fromEntries(texts.map((text, i) => [`cidrs.${i}`, text])));
}

/** Blocks by where they are in the input, host bits cleared; none overlaps another. */
function blocks(object: InputObject, texts: Readonly<Record<string, string>>): string[] {
  const before: Cidr[] = [];
  for (const [name, text] of Object.entries(texts)) {
    const cidr = parseCidr(text);
    if (!cidr) throw object.problem(name, `${text} is not ADDRESS/LENGTH`);
    const overlapped = before.find((other) => cidrsOverlap(cidr, other));
    if (overlapped) throw object.problem(name, `${text} overlaps ${formatCidr(overlapped)}`);
    before.push(networkOf(cidr));
  }
  return before.map(formatCidr);
}

/** The subnets given, else those there were; both must lie in the VPC's blocks. */
function readSubnets(
  object: InputObject,
  cidrs: readonly string[],
  before: Readonly<Record<string, string[]>>,
): Record<string, string[]> {
  const given = object.optional("subnets", (name) => object.object(name));
  const ids = given?.names() ?? Object.keys(before);
  if (ids.length > vpcSubnetCountMax) {
    throw object.problem("subnets", `${ids.length} members, limit ${vpcSubnetCountMax}`);
  }
  const wrong = ids.find((id) => !subnetIdForm.test(id));
  if (wrong !== undefined) {
    throw object.problem("subnets", `${wrong} is not subnet- and 8 or 17 hexadecimal digits`);
  }
  // Members are taken by their path, so that all blocks are judged together.
  const places = ids.flatMap((id) =>
    (given?.texts(id, { min: 1, max: 2 }) ?? before[id] ?? []).map((text, i) => ({
      ...{ id, text, name: `subnets.${id}.${i}` },
    })),
  );
  const texts = Object.fromEntries(places.map(({ name, text }) => [name, text]));
  const networks = blocks(object, texts);
  const subnets: Record<string, string[]> = {};
  for (const [i, { id, name }] of places.entries()) {
    const network = networks[i] ?? "";
    if (!cidrs.some((cidr) => liesIn(network, cidr))) {
      throw object.problem(name, `${network} lies in none of ${cidrs.join(", ")}`);
    }
    const same = (subnets[id] ??= []);
    if (same.some((other) => other.includes(":") === network.includes(":"))) {
      throw object.problem(name, "a subnet has one block of each address family");
    }
    same.push(network);
  }
  return subnets;
}

function liesIn(inner: string, outer: string): boolean {
  const [small, large] = [parseCidr(inner), parseCidr(outer)];
  if (!small || !large) return false;
  return small.prefixLength >= large.prefixLength && cidrContains(large, small.address);
}

/**
 * A name with addresses of its own.
 * @throws InputProblem
 */
export function readVpcHost(value: unknown): VpcHost & { name: string } {
  const object = new InputObject(value);
  const name = readHostName(object, object.text("name", { min: 1, max: 1024 }));
  const addresses = object.texts("addresses", { min: 1, max: vpcHostAddressCountMax });
  object.end();
  return {
    name,
    addresses: addresses.map((text, i) => {
      const address = parseIp(text);
      if (address) return formatIp(address);
      throw object.problem(`addresses.${i}`, `${text} is no IPv4 or IPv6 address`);
    }),
  };
}

function readHostName(object: InputObject, text: string): string {
  try {
    return normaliseName(text);
  } catch (error) {
    if (error instanceof InvalidNameError) throw object.problem("name", error.message);
    throw error;
  }
}
