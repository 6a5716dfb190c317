import { cidrContains, formatIp, parseCidr, parseIpv4, parseIpv6 } from "../../base/ip.ts";
import type { Cidr } from "../../base/ip.ts";
import { addressesOf } from "../../control/model/resolver-endpoint.ts";
import type { EndpointAddress, ResolverEndpoint } from "../../control/model/resolver-endpoint.ts";
import type { VpcRow } from "../../control/model/vpc.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { drawResolverId } from "./resolver-ids.ts";
import { exists, invalidParameter, invalidRequest } from "./resolver-refusals.ts";

type GivenAddress = {
  SubnetId: string;
  Ip?: string | undefined;
  Ipv6?: string | undefined;
};

type Family = "Ip" | "Ipv6";

/** What addresses are drawn for. */
export type Drawing = Pick<ResolverEndpoint, "direction" | "addressType"> & {
  /** Those that are taken beside the ones of other endpoints. */
  taken: ReadonlySet<string>;
};

/**
 * The VPC that all of the subnets are of.
 * @throws ServiceError InvalidParameterException, InvalidRequestException
 */
export function vpcOfSubnets(
  { state }: ResolverContext,
  subnetIds: readonly string[],
): { vpcId: string; row: VpcRow } {
  const vpcs = subnetIds.map((id) => {
    const vpcId = state.get<string>("vpcBySubnet", [id]);
    if (vpcId !== undefined) return vpcId;
    const how = "signpost vpc update vpc-ID --subnet makes one known";
    throw invalidParameter(`The subnet ID '${id}' does not exist (${how})`, "SubnetId");
  });
  const [vpcId = ""] = vpcs;
  if (vpcs.some((other) => other !== vpcId)) {
    throw invalidRequest("All subnets of a resolver endpoint must be of one VPC.");
  }
  const row = state.get<VpcRow>("vpc", [vpcId]);
  if (!row) throw invalidParameter(`The vpc ID '${vpcId}' does not exist`, "SubnetId");
  return { vpcId, row };
}

/**
 * Addresses for an endpoint: those given, each in its subnet, and others where none is given: of
 * this machine if it has one there, else the first that is free.
 * @throws ServiceError
 */
export function drawAddresses(
  context: ResolverContext,
  given: readonly GivenAddress[],
  drawing: Drawing,
): EndpointAddress[] {
  const { row } = vpcOfSubnets(
    context,
    given.map(({ SubnetId }) => SubnetId),
  );
  const taken = new Set(drawing.taken);
  const named = given.flatMap(({ Ip, Ipv6 }) => [Ip, Ipv6].filter((text) => text !== undefined));
  const used = usedAddresses(context, drawing);
  const createdAt = new Date(context.clock.nowMs()).toISOString();
  return given.map((address) => {
    const { SubnetId: subnetId } = address;
    const blocks = row.subnets?.[subnetId] ?? [];
    const ofFamily = (family: Family): string | undefined => {
      const text = address[family];
      if (!isWanted(family, drawing.addressType, text)) return undefined;
      const block = blockOf(blocks, { family, subnetId });
      const ip =
        text === undefined
          ? freeAddress(context, block, new Set([...taken, ...used, ...named]))
          : givenAddress(text, { family, block, taken, used });
      taken.add(ip);
      return ip;
    };
    const [ip, ipv6] = [ofFamily("Ip"), ofFamily("Ipv6")];
    return {
      id: drawResolverId("rni", context.random),
      subnetId,
      ...(ip === undefined ? {} : { ip }),
      ...(ipv6 === undefined ? {} : { ipv6 }),
      createdAt,
    };
  });
}

function isWanted(
  family: Family,
  type: ResolverEndpoint["addressType"],
  text: string | undefined,
): boolean {
  if (type === "DUALSTACK" || type === (family === "Ip" ? "IPV4" : "IPV6")) return true;
  if (text === undefined) return false;
  throw invalidRequest(`Resolver endpoints of type ${type} cannot have the address ${text}.`);
}

function blockOf(
  blocks: readonly string[],
  { family, subnetId }: { family: Family; subnetId: string },
): Cidr {
  const text = blocks.find((block) => block.includes(":") === (family === "Ipv6"));
  const block = text === undefined ? undefined : parseCidr(text);
  if (block) return block;
  const name = family === "Ip" ? "IPv4" : "IPv6";
  throw invalidRequest(`The subnet '${subnetId}' has no ${name} addresses.`);
}

function givenAddress(
  text: string,
  {
    family,
    block,
    taken,
    used,
  }: { family: Family; block: Cidr; taken: ReadonlySet<string>; used: ReadonlySet<string> },
): string {
  const address = family === "Ip" ? parseIpv4(text) : parseIpv6(text);
  if (!address) throw invalidParameter(`Invalid IP address: '${text}'`, family);
  const ip = formatIp(address);
  if (!cidrContains(block, address)) {
    const message = `IP address '${ip}' is not in subnet CIDR range or is reserved`;
    throw invalidRequest(`[RSLVR-00405] ${message}`);
  }
  if (taken.has(ip) || used.has(ip)) {
    throw exists(`The IP address '${ip}' is in use`, "resolver-endpoint-ip-address");
  }
  return ip;
}

/** Two endpoints that queries arrive at cannot have one address; others may share. */
function usedAddresses({ state }: ResolverContext, { direction }: Drawing): Set<string> {
  const endpoints = state
    .list<ResolverEndpoint>("resolverEndpoint")
    .filter(({ value }) => direction !== "OUTBOUND" && value.direction !== "OUTBOUND");
  return new Set(endpoints.flatMap(({ value }) => addressesOf(value)));
}

/** AWS keeps the first four addresses of a subnet, and the last. */
const firstFree = 4;

function freeAddress(
  { machine }: ResolverContext,
  block: Cidr,
  taken: ReadonlySet<string>,
): string {
  const own = [...machine.addresses()].find((text) => {
    const address = text.includes(":") ? parseIpv6(text) : parseIpv4(text);
    return address && cidrContains(block, address) && !taken.has(text);
  });
  if (own !== undefined) return own;
  for (let offset = firstFree; offset <= firstFree + taken.size; offset++) {
    const address = addressAt(block, offset);
    const ip = formatIp(address);
    const isLast =
      cidrContains(block, address) && !cidrContains(block, addressAt(block, offset + 1));
    if (cidrContains(block, address) && !isLast && !taken.has(ip)) return ip;
  }
  throw invalidRequest(`No free address in ${formatIp(block.address)}/${block.prefixLength}.`);
}

/** The address that many after the first one of a network; all ones wrap around. */
function addressAt({ address }: Cidr, offset: number): Uint8Array {
  const at = Uint8Array.from(address);
  let carry = offset;
  for (let i = at.length - 1; i >= 0 && carry > 0; i--) {
    carry += at[i] ?? 0;
    at[i] = carry & 255;
    carry >>>= 8;
  }
  return at;
}
