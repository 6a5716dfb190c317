"""DNS Firewall and query logging, against the Signpost at SIGNPOST_API.

It knows SIGNPOST_VPC. Debian's boto3 knows no query types, redirections or batches yet.
"""

import json
import os
import unittest
import uuid

import boto3
from botocore.config import Config

from refusing_case import RefusingCase

CLIENT = boto3.client(
    "route53resolver",
    region_name="us-east-1",
    endpoint_url=os.environ["SIGNPOST_API"],
    config=Config(retries={"max_attempts": 1}),
)
VPC = os.environ["SIGNPOST_VPC"]


def request_id():
    return str(uuid.uuid4())


def new_list(*domains):
    made = CLIENT.create_firewall_domain_list(CreatorRequestId=request_id(), Name="domains")
    list_id = made["FirewallDomainList"]["Id"]
    if domains:
        CLIENT.update_firewall_domains(
            FirewallDomainListId=list_id, Operation="ADD", Domains=list(domains)
        )
    return list_id


def new_group(**more):
    made = CLIENT.create_firewall_rule_group(CreatorRequestId=request_id(), Name="group", **more)
    return made["FirewallRuleGroup"]


def new_rule(group_id, list_id, **more):
    settings = {"Name": "rule", "Priority": 10, "Action": "ALERT", **more}
    return CLIENT.create_firewall_rule(
        CreatorRequestId=request_id(),
        FirewallRuleGroupId=group_id,
        FirewallDomainListId=list_id,
        **settings,
    )["FirewallRule"]


class Firewall(RefusingCase):
    """One test a family of operations."""

    client = CLIENT

    def test_domain_lists(self):
        list_id = new_list(*[f"n{i}.example" for i in range(120)], "*.bad.example", "*")
        found = CLIENT.get_firewall_domain_list(FirewallDomainListId=list_id)["FirewallDomainList"]
        self.assertEqual(found["DomainCount"], 122)
        self.assertEqual(found["Status"], "COMPLETE")
        pages = CLIENT.get_paginator("list_firewall_domains").paginate(
            FirewallDomainListId=list_id, PaginationConfig={"PageSize": 50}
        )
        domains = [domain for page in pages for domain in page["Domains"]]
        self.assertEqual(len(domains), 122)
        self.assertEqual(domains[:3], ["*.", "*.bad.example.", "n0.example."])
        CLIENT.update_firewall_domains(
            FirewallDomainListId=list_id, Operation="REPLACE", Domains=["only.example"]
        )
        left = CLIENT.list_firewall_domains(FirewallDomainListId=list_id)["Domains"]
        self.assertEqual(left, ["only.example."])
        message = self.refused(
            "ValidationException",
            400,
            CLIENT.update_firewall_domains,
            FirewallDomainListId=list_id,
            Operation="REMOVE",
            Domains=["other.example"],
        )
        self.assertIn("[RSLVR-02502]", message)
        message = self.refused(
            "ValidationException",
            400,
            CLIENT.import_firewall_domains,
            FirewallDomainListId=list_id,
            Operation="REPLACE",
            DomainFileUrl="s3://bucket/domains.txt",
        )
        self.assertIn("signpost firewall import", message)
        listed = CLIENT.get_paginator("list_firewall_domain_lists").paginate()
        ids = [each["Id"] for page in listed for each in page["FirewallDomainLists"]]
        self.assertIn(list_id, ids)
        gone = CLIENT.delete_firewall_domain_list(FirewallDomainListId=list_id)
        self.assertEqual(gone["FirewallDomainList"]["Status"], "DELETING")
        message = self.refused(
            "ResourceNotFoundException",
            400,
            CLIENT.get_firewall_domain_list,
            FirewallDomainListId=list_id,
        )
        self.assertEqual(message, f"[RSLVR-02025] Can't find the resource with ID '{list_id}'.")

    def test_rules(self):
        group_id, list_id = new_group()["Id"], new_list("a.example")
        made = new_rule(
            group_id,
            list_id,
            Action="BLOCK",
            BlockResponse="OVERRIDE",
            BlockOverrideDomain="sink.example",
            BlockOverrideDnsType="CNAME",
            BlockOverrideTtl=60,
        )
        self.assertEqual(made["BlockOverrideDomain"], "sink.example.")
        name = {"FirewallRuleGroupId": group_id, "FirewallDomainListId": list_id}
        changed = CLIENT.update_firewall_rule(**name, Priority=20, Action="ALLOW")["FirewallRule"]
        self.assertNotIn("BlockResponse", changed)
        other_id = new_list("b.example")
        new_rule(group_id, other_id)
        rules = CLIENT.list_firewall_rules(FirewallRuleGroupId=group_id)["FirewallRules"]
        self.assertEqual(sorted(rule["Priority"] for rule in rules), [10, 20])
        allowed = CLIENT.list_firewall_rules(FirewallRuleGroupId=group_id, Action="ALLOW")
        ids = [rule["FirewallDomainListId"] for rule in allowed["FirewallRules"]]
        self.assertEqual(ids, [list_id])
        message = self.refused(
            "ValidationException",
            400,
            CLIENT.update_firewall_rule,
            **name,
            Action="BLOCK",
        )
        self.assertIn("[RSLVR-02016]", message)
        self.refused(
            "ConflictException", 400, CLIENT.delete_firewall_rule_group, FirewallRuleGroupId=group_id
        )
        self.refused(
            "ConflictException", 400, CLIENT.delete_firewall_domain_list, FirewallDomainListId=list_id
        )
        CLIENT.delete_firewall_rule(FirewallRuleGroupId=group_id, FirewallDomainListId=other_id)
        CLIENT.delete_firewall_rule(**name)
        CLIENT.delete_firewall_rule_group(FirewallRuleGroupId=group_id)
        CLIENT.delete_firewall_domain_list(FirewallDomainListId=list_id)

    def test_associations(self):
        group = new_group(Tags=[{"Key": "team", "Value": "dns"}])
        tags = CLIENT.list_tags_for_resource(ResourceArn=group["Arn"])["Tags"]
        self.assertEqual(tags, [{"Key": "team", "Value": "dns"}])
        wanted = {
            "CreatorRequestId": request_id(),
            "FirewallRuleGroupId": group["Id"],
            "VpcId": VPC,
            "Priority": 101,
            "Name": "association",
            "MutationProtection": "ENABLED",
        }
        made = CLIENT.associate_firewall_rule_group(**wanted)["FirewallRuleGroupAssociation"]
        again = CLIENT.associate_firewall_rule_group(**wanted)["FirewallRuleGroupAssociation"]
        self.assertEqual(made, again)
        name = {"FirewallRuleGroupAssociationId": made["Id"]}
        self.refused("ConflictException", 400, CLIENT.disassociate_firewall_rule_group, **name)
        CLIENT.update_firewall_rule_group_association(
            **name, MutationProtection="DISABLED", Priority=200
        )
        listed = CLIENT.list_firewall_rule_group_associations(VpcId=VPC, Priority=200)
        ids = [each["Id"] for each in listed["FirewallRuleGroupAssociations"]]
        self.assertEqual(ids, [made["Id"]])
        message = self.refused(
            "ValidationException",
            400,
            CLIENT.update_firewall_rule_group_association,
            **name,
            Priority=9901,
        )
        self.assertIn("[RSLVR-02017]", message)
        CLIENT.disassociate_firewall_rule_group(**name)
        self.refused(
            "ResourceNotFoundException", 400, CLIENT.get_firewall_rule_group_association, **name
        )

    def test_configs(self):
        before = CLIENT.get_firewall_config(ResourceId=VPC)["FirewallConfig"]
        self.assertEqual(before["FirewallFailOpen"], "DISABLED")
        CLIENT.update_firewall_config(ResourceId=VPC, FirewallFailOpen="ENABLED")
        listed = CLIENT.list_firewall_configs()["FirewallConfigs"]
        self.assertEqual(listed, [{**before, "FirewallFailOpen": "ENABLED"}])
        CLIENT.update_firewall_config(ResourceId=VPC, FirewallFailOpen="DISABLED")

    def test_policies(self):
        arn = new_group()["Arn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": ["111111111111"]},
            "Action": ["route53resolver:GetFirewallRuleGroup"],
            "Resource": [arn],
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        CLIENT.put_firewall_rule_group_policy(Arn=arn, FirewallRuleGroupPolicy=policy)
        kept = CLIENT.get_firewall_rule_group_policy(Arn=arn)["FirewallRuleGroupPolicy"]
        self.assertEqual(kept, policy)

    def test_query_logs(self):
        wanted = {
            "Name": "queries",
            "DestinationArn": "arn:aws:s3:::example-logs/dns/",
            "CreatorRequestId": request_id(),
        }
        made = CLIENT.create_resolver_query_log_config(**wanted)["ResolverQueryLogConfig"]
        config = {"ResolverQueryLogConfigId": made["Id"]}
        pair = {**config, "ResourceId": VPC}
        answer = CLIENT.associate_resolver_query_log_config(**pair)
        association = answer["ResolverQueryLogConfigAssociation"]
        self.assertEqual(association["Status"], "ACTIVE")
        found = CLIENT.get_resolver_query_log_config_association(
            ResolverQueryLogConfigAssociationId=association["Id"]
        )["ResolverQueryLogConfigAssociation"]
        self.assertEqual(found, association)
        by_vpc = CLIENT.list_resolver_query_log_config_associations(
            Filters=[{"Name": "ResourceId", "Values": [VPC]}], SortBy="CreationTime"
        )
        self.assertEqual(by_vpc["TotalFilteredCount"], 1)
        by_name = CLIENT.list_resolver_query_log_configs(
            Filters=[{"Name": "Destination", "Values": ["S3"]}]
        )["ResolverQueryLogConfigs"]
        self.assertEqual([each["AssociationCount"] for each in by_name], [1])
        self.refused(
            "InvalidRequestException", 400, CLIENT.delete_resolver_query_log_config, **config
        )
        self.refused(
            "ResourceExistsException", 400, CLIENT.associate_resolver_query_log_config, **pair
        )
        self.refused(
            "InvalidParameterException",
            400,
            CLIENT.create_resolver_query_log_config,
            Name="other",
            DestinationArn="arn:aws:sns:us-east-1:000000000000:topic",
            CreatorRequestId=request_id(),
        )
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": "111111111111"},
            "Action": "route53resolver:ListResolverQueryLogConfigs",
            "Resource": made["Arn"],
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        CLIENT.put_resolver_query_log_config_policy(
            Arn=made["Arn"], ResolverQueryLogConfigPolicy=policy
        )
        kept = CLIENT.get_resolver_query_log_config_policy(Arn=made["Arn"])
        self.assertEqual(kept["ResolverQueryLogConfigPolicy"], policy)
        CLIENT.disassociate_resolver_query_log_config(**pair)
        gone = CLIENT.delete_resolver_query_log_config(**config)["ResolverQueryLogConfig"]
        self.assertEqual(gone["Status"], "DELETING")


if __name__ == "__main__":
    unittest.main()
