import { formatCidr, networkOf, parseCidr } from "../../base/ip.ts";
import type { VpcRow } from "../../control/model/vpc.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { commit } from "../route53/commit.ts";

/** A VPC that hosted zones can be private to. */
export type Vpc = { vpcId: string; region: string; cidr: string };

const vpcIdForm = /^vpc-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;
const regionForm = /^[a-z]{2,4}(?:-[a-z]+)+-\d$/;

/** @throws ServiceError where a member has the wrong form or the id is taken */
export async function createVpc(context: ApiContext, wanted: Vpc): Promise<Vpc> {
  const { vpcId, region, cidr } = checkedVpc(wanted);
  await commit(context, {
    action: "signpost:CreateVpc",
    plan() {
      if (context.state.get<VpcRow>("vpc", [vpcId])) {
        throw new ServiceError("InvalidInput", `Cannot create VPC: ${vpcId} is there already`);
      }
      const value = { region, cidr };
      return { mutations: [{ put: "vpc", key: [vpcId], value }], result: undefined };
    },
  });
  return { vpcId, region, cidr };
}

function checkedVpc(wanted: Vpc): Vpc {
  const refuse = (what: string): never => {
    throw new ServiceError("InvalidInput", `Cannot create VPC: ${what}`);
  };
  const { vpcId, region } = wanted;
  if (!vpcIdForm.test(vpcId)) {
    refuse(`id ${vpcId} is not vpc- and 8 or 17 hexadecimal digits`);
  }
  if (!regionForm.test(region)) refuse(`region ${region} does not look like us-east-1`);
  const cidr = parseCidr(wanted.cidr);
  if (!cidr) return refuse(`CIDR ${wanted.cidr} is not ADDRESS/LENGTH`);
  return { vpcId, region, cidr: formatCidr(networkOf(cidr)) };
}

export function listVpcs(state: StateReader): Vpc[] {
  return state
    .list<VpcRow>("vpc")
    .map(({ key, value }) => ({ vpcId: key[0] ?? "", region: value.region, cidr: value.cidr }));
}

/** @throws ServiceError where there is no such VPC or a hosted zone is private to it */
export async function deleteVpc(context: ApiContext, vpcId: string): Promise<void> {
  await commit(context, {
    action: "signpost:DeleteVpc",
    plan() {
      refuseDeletion(context.state, vpcId);
      return { mutations: [{ remove: "vpc", key: [vpcId] }], result: undefined };
    },
  });
}

function refuseDeletion(state: StateReader, vpcId: string): void {
  if (!state.get<VpcRow>("vpc", [vpcId])) {
    throw new ServiceError("NotFound", `Cannot delete VPC: ${vpcId} is not there`);
  }
  const zones = state.count("zoneByVpc", [vpcId]);
  if (zones > 0) {
    throw new ServiceError("InvalidInput", `Cannot delete VPC: ${zones} hosted zones are on it`);
  }
}
