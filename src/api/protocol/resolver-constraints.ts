import type { ConstraintTable } from "./constraint-table.ts";
import { route53ResolverGeneratedConstraints } from "./resolver-constraints.generated.ts";

const { shapes, members } = route53ResolverGeneratedConstraints;

/** What Route 53 Resolver takes, and DNS over TLS (RFC 7858), which it has not. */
export const resolverConstraints: ConstraintTable = {
  shapes: { ...shapes, Protocol: { type: "string", enum: ["DoH", "Do53", "DoH-FIPS", "DoT"] } },
  members,
};
