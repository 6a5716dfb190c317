import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { RRsetPosition } from "../../control/state/state-reader.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { cutPage, pageSize } from "./pages.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { rrsetView } from "./rrset-view.ts";
import { requireName, requireZone } from "./zones.ts";

const pageSizeMax = 300;

export const listResourceRecordSets: HandlerFamily<"ListResourceRecordSets"> = (context) => ({
  ListResourceRecordSets: (input) =>
    context.state.read(() => {
      const zone = requireZone(context, input.HostedZoneId);
      const size = pageSize(input.MaxItems, pageSizeMax);
      const sets = context.state.rrsets(zone.id, startOf(input), size + 1);
      const { page, next } = cutPage(sets, size);
      return {
        ResourceRecordSets: page.map(rrsetView),
        IsTruncated: next !== undefined,
        ...(next
          ? {
              NextRecordName: next.name,
              NextRecordType: next.type as ResourceRecordSet["Type"],
              NextRecordIdentifier: next.setIdentifier,
            }
          : {}),
        MaxItems: size,
      };
    }),
});

function startOf(input: {
  StartRecordName?: string | undefined;
  StartRecordType?: string | undefined;
  StartRecordIdentifier?: string | undefined;
}): RRsetPosition | undefined {
  const { StartRecordName, StartRecordType, StartRecordIdentifier } = input;
  if (StartRecordType !== undefined && StartRecordName === undefined) {
    throw new ServiceError("InvalidInput", "A record type cannot be given without a record name");
  }
  if (StartRecordIdentifier !== undefined && StartRecordType === undefined) {
    const message = "A record identifier cannot be given without a record name and type";
    throw new ServiceError("InvalidInput", message);
  }
  if (StartRecordName === undefined) return undefined;
  return {
    name: requireName(StartRecordName, "InvalidInput"),
    ...(StartRecordType === undefined ? {} : { type: StartRecordType }),
    ...(StartRecordIdentifier === undefined ? {} : { setIdentifier: StartRecordIdentifier }),
  };
}
