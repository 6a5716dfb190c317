import { vpcCountMax } from "../../base/limits.ts";
import { cidrsOverlap, parseCidr } from "../../base/ip.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { ResolverEndpoint } from "../../control/model/resolver-endpoint.ts";
import type { TableName } from "../../control/model/tables.ts";
import { cidrsOf } from "../../control/model/vpc.ts";
import type { VpcRow } from "../../control/model/vpc.ts";
import { readVpc, readVpcChange } from "../../control/model/vpc-input.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { commit } from "../route53/commit.ts";

/** A network whose clients see the same names. */
export type Vpc = {
  vpcId: string;
  region: string;
  cidrs: string[];
  /** Blocks by id. */
  subnets: Record<string, string[]>;
  /** Whether its clients are known by the listener they ask alone. */
  byListener: boolean;
};

/**
 * @param body see `readVpc`
 * @throws InputProblem
 * @throws ServiceError Conflict where the id or an address is another VPC's
 */
export async function createVpc(context: ApiContext, body: unknown): Promise<Vpc> {
  const { vpcId, row } = readVpc(body);
  await commit(context, {
    action: "signpost:CreateVpc",
    plan() {
      const { state } = context;
      if (state.get("vpc", [vpcId])) {
        throw new ServiceError("Conflict", `Cannot create VPC: ${vpcId} is there already`);
      }
      const count = state.count("vpc");
      if (count >= vpcCountMax) {
        const message = `Cannot create VPC: ${count} are there, limit ${vpcCountMax}`;
        throw new ServiceError("InvalidInput", message);
      }
      refuseOverlap(state, vpcId, row);
      return { mutations: written(state, vpcId, row), result: undefined };
    },
  });
  return view(vpcId, row);
}

/**
 * Changes blocks, subnets, or how clients are known.
 * @throws InputProblem
 * @throws ServiceError NotFound, Conflict
 */
export async function updateVpc(context: ApiContext, vpcId: string, body: unknown): Promise<Vpc> {
  const { result } = await commit(context, {
    action: "signpost:UpdateVpc",
    plan() {
      const { state } = context;
      const before = requireRow(state, vpcId);
      const row = readVpcChange(body, before);
      refuseOverlap(state, vpcId, row);
      refuseLostSubnets(state, { vpcId, before, after: row });
      return { mutations: written(state, vpcId, row), result: view(vpcId, row) };
    },
  });
  return result;
}

export function listVpcs(state: StateReader): Vpc[] {
  return state.list<VpcRow>("vpc").map(({ key, value }) => view(key[0] ?? "", value));
}

/** @throws ServiceError NotFound; Conflict where something is on the VPC */
export async function deleteVpc(context: ApiContext, vpcId: string): Promise<void> {
  await commit(context, {
    action: "signpost:DeleteVpc",
    plan() {
      const { state } = context;
      const { subnets = {} } = requireRow(state, vpcId);
      refuseDeletion(state, vpcId);
      const hosts = state.list("vpcHost", { prefix: [vpcId] });
      const mutations: Mutation[] = [
        { remove: "vpc", key: [vpcId] },
        { remove: "resolverConfig", key: [vpcId] },
        { remove: "firewallConfig", key: [vpcId] },
        ...hosts.map(({ key }): Mutation => ({ remove: "vpcHost", key })),
        ...Object.keys(subnets).map((id): Mutation => ({ remove: "vpcBySubnet", key: [id] })),
      ];
      return { mutations, result: undefined };
    },
  });
}

/** @throws ServiceError NotFound */
export function requireRow(state: StateReader, vpcId: string): VpcRow {
  const row = state.get<VpcRow>("vpc", [vpcId]);
  if (row) return row;
  throw new ServiceError("NotFound", `There is no VPC ${vpcId}`);
}

function view(vpcId: string, row: VpcRow): Vpc {
  const { region, subnets = {}, byListener = false } = row;
  return { vpcId, region, cidrs: cidrsOf(row), subnets, byListener };
}

/** The row, and the index by subnet. A subnet is of one VPC. */
function written(state: StateReader, vpcId: string, row: VpcRow): Mutation[] {
  const subnets = Object.keys(row.subnets ?? {});
  for (const id of subnets) {
    const owner = state.get<string>("vpcBySubnet", [id]);
    if (owner === undefined || owner === vpcId) continue;
    throw new ServiceError("Conflict", `Cannot take subnet ${id} into ${vpcId}: ${owner} has it`);
  }
  const before = Object.keys(state.get<VpcRow>("vpc", [vpcId])?.subnets ?? {});
  const gone = before.filter((id) => !subnets.includes(id));
  return [
    { put: "vpc", key: [vpcId], value: row },
    ...gone.map((id): Mutation => ({ remove: "vpcBySubnet", key: [id] })),
    ...subnets.map((id): Mutation => ({ put: "vpcBySubnet", key: [id], value: vpcId })),
  ];
}

/** An address tells one VPC: those with addresses in common must be told by their listeners. */
function refuseOverlap(state: StateReader, vpcId: string, row: VpcRow): void {
  if (row.byListener) return;
  const networks = cidrsOf(row).flatMap((text) => parseCidr(text) ?? []);
  for (const { key, value } of state.list<VpcRow>("vpc")) {
    if (key[0] === vpcId || value.byListener) continue;
    for (const text of cidrsOf(value)) {
      const other = parseCidr(text);
      if (!other || !networks.some((network) => cidrsOverlap(network, other))) continue;
      throw new ServiceError(
        "Conflict",
        `Cannot give ${vpcId} these addresses: ${text} of ${key[0]} overlaps them. ` +
          "Addresses can be those of several VPCs only if all of these but one are " +
          "`--by-listener`: known by a listener of their own.",
      );
    }
  }
}

function refuseLostSubnets(
  state: StateReader,
  { vpcId, before, after }: { vpcId: string; before: VpcRow; after: VpcRow },
): void {
  const changed = Object.entries(before.subnets ?? {})
    .filter(([id, blocks]) => after.subnets?.[id]?.join() !== blocks.join())
    .map(([id]) => id);
  if (changed.length === 0) return;
  for (const { key } of state.list("resolverEndpointByVpc", { prefix: [vpcId] })) {
    const endpoint = state.get<ResolverEndpoint>("resolverEndpoint", [key[1] ?? ""]);
    const used = endpoint?.addresses.find(({ subnetId }) => changed.includes(subnetId));
    if (!used) continue;
    const message = `Cannot change subnet ${used.subnetId}: resolver endpoint ${key[1]} is in it`;
    throw new ServiceError("Conflict", message);
  }
}

/** What keeps a VPC from being deleted: tables whose first component is a VPC's id. */
const uses: readonly (readonly [TableName, string])[] = [
  ["zoneByVpc", "hosted zones"],
  ["resolverRuleByVpc", "resolver rules"],
  ["resolverEndpointByVpc", "resolver endpoints"],
  ["firewallAssociationByVpc", "firewall rule groups"],
  ["resolverQueryLogAssociationByVpc", "query logging configurations"],
];

function refuseDeletion(state: StateReader, vpcId: string): void {
  for (const [table, what] of uses) {
    const count = state.count(table, [vpcId]);
    if (count === 0) continue;
    throw new ServiceError("Conflict", `Cannot delete VPC: ${count} ${what} are on ${vpcId}`);
  }
}
