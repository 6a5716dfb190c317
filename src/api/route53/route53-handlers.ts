import { HealthUnavailableError } from "../../control/model/health-report.ts";
import { ZoneDamagedError } from "../../control/state/state-reader.ts";
import { tellUnavailable } from "../protocol/tell-unavailable.ts";
import type { ApiContext } from "./api-context.ts";
import { changeResourceRecordSets } from "./change-resource-record-sets.ts";
import { cidrCollections } from "./cidr-collections.ts";
import { createHostedZone } from "./create-hosted-zone.ts";
import { deleteHostedZone } from "./delete-hosted-zone.ts";
import { geoLocations } from "./geo-locations.ts";
import { getChange } from "./get-change.ts";
import { getHostedZone } from "./get-hosted-zone.ts";
import { healthCheckStatus } from "./health-check-status.ts";
import { healthChecks } from "./health-checks.ts";
import { limits } from "./limits.ts";
import { listCidrCollections } from "./list-cidr-collections.ts";
import { listHostedZones } from "./list-hosted-zones.ts";
import { listResourceRecordSets } from "./list-resource-record-sets.ts";
import { listTrafficPolicies } from "./list-traffic-policies.ts";
import { listTrafficPolicyInstances } from "./list-traffic-policy-instances.ts";
import { queryLoggingConfigs } from "./query-logging-configs.ts";
import { resourceRecordSetProtections } from "./resource-record-set-protections.ts";
import { reusableDelegationSets } from "./reusable-delegation-sets.ts";
import type { Route53Handlers } from "./route53-handler.ts";
import { tags } from "./tags.ts";
import { testDnsAnswer } from "./test-dns-answer.ts";
import { trafficPolicies } from "./traffic-policies.ts";
import { trafficPolicyInstances } from "./traffic-policy-instances.ts";
import { updateHealthCheck } from "./update-health-check.ts";
import { updateHostedZone } from "./update-hosted-zone.ts";
import { vpcAssociationAuthorizations } from "./vpc-association-authorizations.ts";
import { vpcAssociations } from "./vpc-associations.ts";

/**
 * Every Route 53 operation there is. DNSSEC is not: the protocol layer answers for what is left out
 * that it is not implemented.
 */
export function route53Handlers(context: ApiContext): Route53Handlers {
  const handlers = {
    ...createHostedZone(context),
    ...getHostedZone(context),
    ...deleteHostedZone(context),
    ...listHostedZones(context),
    ...updateHostedZone(context),
    ...changeResourceRecordSets(context),
    ...listResourceRecordSets(context),
    ...getChange(context),
    ...testDnsAnswer(context),
    ...reusableDelegationSets(context),
    ...tags(context),
    ...limits(context),
    ...vpcAssociations(context),
    ...vpcAssociationAuthorizations(context),
    ...resourceRecordSetProtections(context),
    ...queryLoggingConfigs(context),
    ...cidrCollections(context),
    ...listCidrCollections(context),
    ...geoLocations(context),
    ...healthChecks(context),
    ...updateHealthCheck(context),
    ...healthCheckStatus(context),
    ...trafficPolicies(context),
    ...listTrafficPolicies(context),
    ...trafficPolicyInstances(context),
    ...listTrafficPolicyInstances(context),
  };
  return tellUnavailable(
    handlers,
    (error) => error instanceof ZoneDamagedError || error instanceof HealthUnavailableError,
  );
}
