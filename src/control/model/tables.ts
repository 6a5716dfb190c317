/**
 * The small tables of the state: each is a sorted map from a tuple of strings to a JSON value.
 * (Resource record sets have a table of their own.) One line a table: name, then key tuple.
 */
export type TableName =
  | "hostedZone" // [zoneId]
  | "zoneByName" // [reversed name, zoneId]
  | "zoneByCallerReference" // [callerReference]
  | "zoneByVpc" // [vpcId, zoneId]
  | "zoneByDelegationSet" // [delegationSetId, zoneId]
  | "delegationSet" // [delegationSetId]
  | "delegationSetByCallerReference" // [callerReference]
  | "tag" // [resourceType, resourceId] → { key: value }
  | "queryLogging" // [configurationId]
  | "queryLoggingByZone" // [zoneId]
  | "cidrCollection" // [collectionId]
  | "cidrCollectionByName" // [name]
  | "cidrCollectionByCallerReference" // [callerReference]
  | "cidrBlock" // [collectionId, location, block]
  | "cidrLocationUse" // [collectionId, location, zoneId, name, type and set identifier, or `instance A`]
  | "healthCheck" // [healthCheckId]
  | "healthCheckByCallerReference" // [callerReference] → id, also of one that is gone
  | "healthCheckByChild" // [healthCheckId, id of a calculated check that is made of it]
  | "healthCheckByControl" // [routing control ARN, healthCheckId]
  | "healthCheckUse" // [healthCheckId, zoneId, name, type and set identifier]
  | "healthSlot" // [healthCheckId] → slot; of one that is gone as long as it is used
  | "healthSlotOwner" // [slot, 5 digits] → healthCheckId
  | "healthCheckExtension" // [healthCheckId] → what Signpost's own API adds to it
  | "routingControl" // [ARN]
  | "routingControlByName" // [name] → ARN
  | "safetyRule" // [name]
  | "notification" // [name]
  | "alarm" // [name]
  | "recordExtension" // [zoneId, name, type] → text of what our own API adds to a group of sets
  | "alarmByMetric" // [namespace, metricName, name]
  | "alarmByChild" // [name of the alarm looked at, name of the composite alarm]
  | "firewallDomainList" // [listId]
  | "firewallDomains" // [listId, upper bound] → sorted names up to it, see firewall-domain-leaf.ts
  | "firewallRuleGroup" // [groupId]
  | "firewallRule" // [groupId, listId, qtype or ""]
  | "firewallRuleByList" // [listId, groupId, qtype or ""]
  | "firewallAssociation" // [associationId]
  | "firewallAssociationByVpc" // [vpcId, associationId]
  | "firewallAssociationByGroup" // [groupId, associationId]
  | "firewallConfig" // [vpcId]
  | "resolverQueryLogConfig" // [configId]
  | "resolverQueryLogAssociation" // [associationId]
  | "resolverQueryLogAssociationByVpc" // [vpcId, configId] → associationId
  | "resolverQueryLogAssociationByConfig" // [configId, vpcId] → associationId
  | "resolverPolicy" // [resource type, id] → text of a policy that shares it
  | "trafficPolicy" // [policyId]
  | "trafficPolicyByName" // [name] → policyId
  | "trafficPolicyVersion" // [policyId, version, 4 digits]
  | "trafficPolicyDocument" // [policyId, version, 4 digits] → its text
  | "trafficPolicyInstance" // [instanceId]
  | "trafficPolicyInstanceByZone" // [zoneId, reversed name, type] → instanceId
  | "trafficPolicyInstanceByPolicy" // [policyId, version, zoneId, reversed name, type] → instanceId
  | "loadSlot" // [load metric] → slot
  | "loadMetricUse" // [load metric, policyId, version] or [load metric, "record", zoneId, name, type]
  | "vpcAuthorization" // [zoneId, vpcId]
  | "rrsetProtection" // [zoneId, …]
  | "change" // [changeId] → { seq, at, comment, zoneId }
  | "vpc" // [vpcId]
  | "accessKey" // [accessKeyId] → { secret, … }
  | "vpcBySubnet" // [subnetId] → vpcId
  | "vpcHost" // [vpcId, name]
  | "resolverRule" // [ruleId]
  | "resolverRuleByEndpoint" // [endpointId, ruleId]
  | "resolverRuleAssociation" // [associationId]
  | "resolverRuleByVpc" // [vpcId, "match" or "delegate", domain name] → associationId
  | "resolverRuleAssociationByRule" // [ruleId, vpcId] → associationId
  | "resolverEndpoint" // [endpointId]
  | "resolverEndpointByVpc" // [vpcId, endpointId]
  | "resolverConfig" // [vpcId]
  | "resolverCreatorRequest" // [kind as in its ARN, creatorRequestId] → id
  | "cloudMapNamespace" // [namespaceId]
  | "cloudMapNamespaceByName" // [name in lower case, namespaceId]
  | "cloudMapNamespaceByHttpName" // [HttpName] → namespaceId
  | "cloudMapNamespaceByRequest" // [CreatorRequestId] → what was asked for, and what came of it
  | "cloudMapService" // [serviceId]
  | "cloudMapServiceByName" // [namespaceId, name in lower case, name] → serviceId
  | "cloudMapServiceCounts" // [serviceId] → numbers of its instances, revision
  | "cloudMapServiceAttributes" // [serviceId] → { key: value }
  | "cloudMapInstance" // [serviceId, instanceId]
  | "cloudMapHealthRequest" // [serviceId, instanceId] → a custom health status that is held
  | "cloudMapOperation" // [operationId]
  | "setting"; // [name]

/** The names of a row, outermost first. Rows sort by the UTF-8 octets of each component in turn. */
export type TableKey = readonly string[];
