"""Endpoints, rules and configurations of VPCs, against the Signpost at SIGNPOST_API."""

import os
import unittest
import uuid

import boto3
from botocore.config import Config

from refusing_case import RefusingCase

CLIENT = boto3.client(
    "route53resolver",
    endpoint_url=os.environ["SIGNPOST_API"],
    config=Config(retries={"max_attempts": 1}),
)
VPC = os.environ["SIGNPOST_VPC"]
SUBNET = os.environ["SIGNPOST_SUBNET"]


def create_endpoint(direction="OUTBOUND", **more):
    answer = CLIENT.create_resolver_endpoint(
        CreatorRequestId=str(uuid.uuid4()),
        SecurityGroupIds=["sg-0123abcd"],
        Direction=direction,
        IpAddresses=[{"SubnetId": SUBNET}, {"SubnetId": SUBNET}],
        **more,
    )
    return answer["ResolverEndpoint"]


def create_rule(domain, rule_type="FORWARD", **more):
    if rule_type == "FORWARD":
        more.setdefault("TargetIps", [{"Ip": "192.0.2.53"}])
    answer = CLIENT.create_resolver_rule(
        CreatorRequestId=str(uuid.uuid4()), RuleType=rule_type, DomainName=domain, **more
    )
    return answer["ResolverRule"]


class Resolver(RefusingCase):
    """One test a family of operations."""

    client = CLIENT

    def test_endpoints(self):
        made = create_endpoint(Name="out", Tags=[{"Key": "a", "Value": "b"}])
        self.assertEqual((made["Status"], made["HostVPCId"]), ("CREATING", VPC))
        of = {"ResolverEndpointId": made["Id"]}
        got = CLIENT.get_resolver_endpoint(**of)["ResolverEndpoint"]
        self.assertEqual((got["Status"], got["Direction"]), ("OPERATIONAL", "OUTBOUND"))
        addresses = CLIENT.list_resolver_endpoint_ip_addresses(**of)["IpAddresses"]
        self.assertEqual([each["SubnetId"] for each in addresses], [SUBNET, SUBNET])
        added = {"SubnetId": SUBNET, "Ip": "10.0.0.77"}
        CLIENT.associate_resolver_endpoint_ip_address(IpAddress=added, **of)
        CLIENT.disassociate_resolver_endpoint_ip_address(IpAddress=added, **of)
        updated = CLIENT.update_resolver_endpoint(Name="way-out", **of)
        self.assertEqual(updated["ResolverEndpoint"]["Name"], "way-out")
        pages = CLIENT.get_paginator("list_resolver_endpoints").paginate(
            PaginationConfig={"PageSize": 1}
        )
        found = [each["Id"] for page in pages for each in page["ResolverEndpoints"]]
        self.assertIn(made["Id"], found)
        CLIENT.delete_resolver_endpoint(**of)
        self.refused("ResourceNotFoundException", 400, CLIENT.get_resolver_endpoint, **of)

    def test_refused_endpoints(self):
        create = CLIENT.create_resolver_endpoint
        base = {
            "CreatorRequestId": str(uuid.uuid4()),
            "SecurityGroupIds": ["sg-1"],
            "Direction": "INBOUND",
            "IpAddresses": [{"SubnetId": SUBNET}, {"SubnetId": "subnet-0badcafe"}],
        }
        words = self.refused("InvalidParameterException", 400, create, **base)
        self.assertIn("The subnet ID 'subnet-0badcafe' does not exist", words)
        wrong = {**base, "Direction": "SIDEWAYS"}
        words = self.refused("ValidationException", 400, create, **wrong)
        self.assertIn("at 'direction' failed to satisfy constraint", words)
        outside = {**base, "IpAddresses": [{"SubnetId": SUBNET, "Ip": "192.0.2.1"}] * 2}
        words = self.refused("InvalidRequestException", 400, create, **outside)
        self.assertIn("[RSLVR-00405]", words)

    def test_rules(self):
        endpoint = create_endpoint()["Id"]
        rule = create_rule("corp.test", ResolverEndpointId=endpoint)
        of = {"ResolverRuleId": rule["Id"]}
        self.assertEqual([(t["Ip"], t["Port"]) for t in rule["TargetIps"]], [("192.0.2.53", 53)])
        carve = create_rule("www.corp.test", "SYSTEM")
        association = CLIENT.associate_resolver_rule(VPCId=VPC, **of)["ResolverRuleAssociation"]
        self.assertEqual(association["Status"], "CREATING")
        listed = CLIENT.list_resolver_rule_associations(
            Filters=[{"Name": "ResolverRuleId", "Values": [rule["Id"]]}]
        )["ResolverRuleAssociations"]
        self.assertEqual([each["Status"] for each in listed], ["COMPLETE"])
        in_use = {"ResolverEndpointId": endpoint}
        words = self.refused(
            "InvalidRequestException", 400, CLIENT.delete_resolver_endpoint, **in_use
        )
        self.assertIn("[RSLVR-00600]", words)
        pages = CLIENT.get_paginator("list_resolver_rules").paginate(
            PaginationConfig={"PageSize": 1}
        )
        types = [each["RuleType"] for page in pages for each in page["ResolverRules"]]
        self.assertEqual(sorted(types), ["FORWARD", "RECURSIVE", "SYSTEM"])
        CLIENT.disassociate_resolver_rule(VPCId=VPC, **of)
        for each in (rule, carve):
            CLIENT.delete_resolver_rule(ResolverRuleId=each["Id"])
        CLIENT.delete_resolver_endpoint(**in_use)

    def test_refused_rules(self):
        create = CLIENT.create_resolver_rule
        base = {"CreatorRequestId": "a", "RuleType": "RECURSIVE", "DomainName": "."}
        words = self.refused("InvalidRequestException", 400, create, **base)
        self.assertEqual(words, "[RSLVR-00718] Cannot create a rule with type RECURSIVE")
        unknown = {"ResolverRuleId": "rslvr-rr-0"}
        words = self.refused("ResourceNotFoundException", 400, CLIENT.get_resolver_rule, **unknown)
        self.assertEqual(
            words, '[RSLVR-00703] Resolver rule with ID "rslvr-rr-0" does not exist.'
        )
        token = {"NextToken": "nonsense"}
        self.refused("InvalidNextTokenException", 400, CLIENT.list_resolver_rules, **token)

    def test_configurations(self):
        of = {"ResourceId": VPC}
        for flag, status in (("DISABLE", "DISABLED"), ("ENABLE", "ENABLED")):
            CLIENT.update_resolver_config(AutodefinedReverseFlag=flag, **of)
            config = CLIENT.get_resolver_config(**of)["ResolverConfig"]
            self.assertEqual(config["AutodefinedReverse"], status)
            CLIENT.update_resolver_dnssec_config(Validation=flag, **of)
            config = CLIENT.get_resolver_dnssec_config(**of)["ResolverDNSSECConfig"]
            self.assertEqual(config["ValidationStatus"], status)
        configs = CLIENT.list_resolver_dnssec_configs()["ResolverDnssecConfigs"]
        self.assertEqual([each["ResourceId"] for each in configs], [VPC])
        self.assertEqual(len(CLIENT.list_resolver_configs()["ResolverConfigs"]), 1)


if __name__ == "__main__":
    unittest.main()
