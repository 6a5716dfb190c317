import { vpcHostCountMax } from "../../base/limits.ts";
import { InvalidNameError, normaliseName } from "../../control/model/route53-name.ts";
import { readVpcHost } from "../../control/model/vpc-input.ts";
import { hostsOfVpc } from "../../control/state/resolver-rows.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { commit } from "../route53/commit.ts";
import { requireRow } from "./vpcs.ts";

/** A name that clients of a VPC are told these addresses of, whatever else there is. */
export type Host = { name: string; addresses: string[] };

/** @throws ServiceError NotFound */
export function listHosts({ state }: ApiContext, vpcId: string): Host[] {
  requireRow(state, vpcId);
  return hostsOfVpc(state, vpcId);
}

/**
 * Gives a name these addresses, in place of any it had.
 * @throws InputProblem
 * @throws ServiceError NotFound; InvalidInput where there are too many
 */
export async function putHost(context: ApiContext, vpcId: string, body: unknown): Promise<Host> {
  const { name, addresses } = readVpcHost(body);
  await commit(context, {
    action: "signpost:PutVpcHost",
    plan() {
      const { state } = context;
      requireRow(state, vpcId);
      const count = state.count("vpcHost", [vpcId]);
      if (count >= vpcHostCountMax && !state.get("vpcHost", [vpcId, name])) {
        const message = `Cannot add host: ${count} are there, limit ${vpcHostCountMax}`;
        throw new ServiceError("InvalidInput", message);
      }
      const put = { put: "vpcHost", key: [vpcId, name], value: { addresses } } as const;
      return { mutations: [put], result: undefined };
    },
  });
  return { name, addresses };
}

/** @throws ServiceError NotFound */
export async function deleteHost(context: ApiContext, vpcId: string, text: string): Promise<void> {
  const key = [vpcId, hostName(text)];
  await commit(context, {
    action: "signpost:DeleteVpcHost",
    plan() {
      requireRow(context.state, vpcId);
      if (!context.state.get("vpcHost", key)) {
        throw new ServiceError("NotFound", `There is no host ${text} in ${vpcId}`);
      }
      return { mutations: [{ remove: "vpcHost", key }], result: undefined };
    },
  });
}

function hostName(text: string): string {
  try {
    return normaliseName(text);
  } catch (error) {
    if (error instanceof InvalidNameError) throw new ServiceError("InvalidInput", error.message);
    throw error;
  }
}
