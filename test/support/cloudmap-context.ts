import type { CloudMapContext, CloudMapSettings } from "../../src/api/cloudmap/cloudmap-context.ts";
import type { CloudMapHandlers } from "../../src/api/cloudmap/cloudmap-handler.ts";
import { cloudMapHandlers } from "../../src/api/cloudmap/cloudmap-handlers.ts";
import { CustomHealthHolds } from "../../src/api/cloudmap/custom-health-holds.ts";
import type { CloudMapOperation } from "../../src/control/model/cloud-map.ts";
import type { ResourceRecordSet } from "../../src/control/model/resource-record-set.ts";
import { callsOf } from "./handler-calls.ts";
import type { HandlerCalls, InputOf } from "./handler-calls.ts";
import { openRoute53 } from "./route53-context.ts";
import type { Route53 } from "./route53-context.ts";

type Name = keyof CloudMapHandlers;
type Input<N extends Name> = InputOf<CloudMapHandlers, N>;

/** Cloud Map's handlers over a store of their own, without HTTP and without name servers. */
export type CloudMap = CloudMapContext &
  HandlerCalls<CloudMapHandlers> & {
    route53: Route53;
    holds: CustomHealthHolds;
    /** Calls, and gives the operation that it began. */
    operation<N extends Name>(name: N, input: Input<N>): Promise<CloudMapOperation>;
    /** The record sets of a namespace but NS and SOA. */
    recordSets(namespaceId: string): Promise<ResourceRecordSet[]>;
  };

/** Opened once a test file, closed when its tests are over. */
export async function openCloudMap(
  settings: Partial<CloudMapSettings> = {},
  limits: Route53["settings"]["limits"] = {},
): Promise<CloudMap> {
  const route53 = await openRoute53(limits);
  const context: CloudMapContext & { route53: Route53 } = {
    route53,
    settings: { negativeTtl: 5, customHealthHold: 0, ...settings },
    underWay: new Map(),
  };
  const failed = (fields: object) => {
    throw new Error("A hold failed", { cause: fields });
  };
  const holds = new CustomHealthHolds(context, { error: failed as never });
  const calls = callsOf(cloudMapHandlers(context, holds));
  return {
    ...context,
    ...calls,
    holds,
    async operation(name, input) {
      const { OperationId = "" } = (await calls.call(name, input)) as { OperationId?: string };
      return route53.state.get("cloudMapOperation", [OperationId]) as CloudMapOperation;
    },
    async recordSets(namespaceId) {
      const { Namespace } = await calls.call("GetNamespace", { Id: namespaceId });
      const zoneId = Namespace?.Properties?.DnsProperties?.HostedZoneId ?? "";
      const sets = [...route53.state.eachRRset(zoneId)];
      return sets.filter(({ type }) => type !== "NS" && type !== "SOA");
    },
  };
}

/** Makes a public namespace, and gives its id. */
export async function addNamespace(map: CloudMap, name: string): Promise<string> {
  const { targets } = await map.operation("CreatePublicDnsNamespace", { Name: name });
  return targets.NAMESPACE ?? "";
}

/** Makes a service, and gives its id. */
export async function addService(map: CloudMap, input: Input<"CreateService">): Promise<string> {
  const { Service } = await map.call("CreateService", input);
  return Service?.Id ?? "";
}
