import type { ConstraintTable } from "./constraint-table.ts";
import { route53GeneratedConstraints } from "./route53-constraints.generated.ts";

// What the SDK has and the model behind the generated table has not yet: record protections.
const newerShapes: ConstraintTable["shapes"] = {
  ProtectionBatch: { type: "list", min: 1, max: 100 },
};

const newerMembers: ConstraintTable["members"] = {
  CreateResourceRecordSetProtectionsRequest: {
    HostedZoneId: "ResourceId",
    Protections: "ProtectionBatch",
  },
  DeleteResourceRecordSetProtectionsRequest: {
    HostedZoneId: "ResourceId",
    Protections: "ProtectionBatch",
  },
  ListResourceRecordSetProtectionsRequest: {
    HostedZoneId: "ResourceId",
    StartRecordName: "DNSName",
    StartRecordType: "RRType",
    NextToken: "PaginationToken",
  },
  ResourceRecordSetProtectionConfig: {
    RecordName: "DNSName",
    RecordType: "RRType",
    Comment: "ResourceDescription",
  },
  ResourceRecordSetProtectionKey: { RecordName: "DNSName", RecordType: "RRType" },
};

export const route53Constraints: ConstraintTable = {
  shapes: { ...route53GeneratedConstraints.shapes, ...newerShapes },
  members: { ...route53GeneratedConstraints.members, ...newerMembers },
};

/**
 * Shapes of ids that Route 53 takes with or without the kind of thing before them; handlers get
 * `/hostedzone/Z1` as `Z1`. Ids of tags are not among them: there AWS refuses the long form.
 */
export const route53IdPrefixes: Readonly<Record<string, RegExp>> = {
  ResourceId: /^\/?(?:hostedzone|delegationset)\//,
  ChangeId: /^\/?change\//,
};
