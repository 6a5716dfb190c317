"""Every Route 53 operation that this boto3 knows, against the Signpost at SIGNPOST_API."""

import os
import unittest

import boto3
from botocore.config import Config

from refusing_case import RefusingCase

CLIENT = boto3.client(
    "route53",
    endpoint_url=os.environ["SIGNPOST_API"],
    config=Config(retries={"max_attempts": 1}),
)
VPC = {"VPCRegion": "us-east-1", "VPCId": "vpc-11111111"}
VPC2 = {"VPCRegion": "us-east-1", "VPCId": "vpc-22222222"}


def create_zone(name, **more):
    """A new hosted zone; its name is its caller reference."""
    return CLIENT.create_hosted_zone(Name=name, CallerReference=name, **more)


def record(name, kind, *values, **more):
    return {
        "Name": name,
        "Type": kind,
        "TTL": 60,
        "ResourceRecords": [{"Value": value} for value in values],
        **more,
    }


def change(zone, action, *sets):
    changes = [{"Action": action, "ResourceRecordSet": one} for one in sets]
    batch = {"Changes": changes, "Comment": "from boto3"}
    return CLIENT.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


class Route53(RefusingCase):
    """One test a family of operations."""

    client = CLIENT

    def test_hosted_zones(self):
        created = create_zone("boto.example", HostedZoneConfig={"Comment": "hello"})
        zone = created["HostedZone"]["Id"]
        self.assertEqual(created["HostedZone"]["Config"], {"Comment": "hello", "PrivateZone": False})
        self.assertEqual(len(created["DelegationSet"]["NameServers"]), 4)
        got = CLIENT.get_hosted_zone(Id=zone)
        self.assertEqual(got["HostedZone"], created["HostedZone"])
        updated = CLIENT.update_hosted_zone_comment(Id=zone, Comment="new")
        self.assertEqual(updated["HostedZone"]["Config"]["Comment"], "new")
        create_zone("boto2.example")
        pages = CLIENT.get_paginator("list_hosted_zones").paginate(PaginationConfig={"PageSize": 1})
        names = [one["Name"] for page in pages for one in page["HostedZones"]]
        self.assertEqual(len(names), CLIENT.get_hosted_zone_count()["HostedZoneCount"])
        by_name = CLIENT.list_hosted_zones_by_name(DNSName="boto.example", MaxItems="1")
        self.assertEqual(by_name["HostedZones"][0]["Id"], zone)
        self.refused("HostedZoneAlreadyExists", 409, create_zone, "boto.example")
        self.refused("InvalidDomainName", 400, create_zone, "a..b")
        message = self.refused("NoSuchHostedZone", 404, CLIENT.get_hosted_zone, Id="Z0")
        self.assertEqual(message, "No hosted zone found with ID: Z0")
        deleted = CLIENT.delete_hosted_zone(Id=zone)
        self.assertRegex(deleted["ChangeInfo"]["Id"], "^/change/C")

    def test_records(self):
        zone = create_zone("records.example")["HostedZone"]["Id"]
        sets = [
            record("a.records.example", "A", "192.0.2.1", "192.0.2.2"),
            record("*.records.example", "TXT", '"one" "two"'),
            record("w.records.example", "A", "192.0.2.1", SetIdentifier="1", Weight=10),
            record("g.records.example", "A", "192.0.2.1", SetIdentifier="1",
                   GeoLocation={"CountryCode": "US", "SubdivisionCode": "CA"}),
            record("f.records.example", "A", "192.0.2.1", SetIdentifier="1", Failover="PRIMARY"),
            record("l.records.example", "A", "192.0.2.1", SetIdentifier="1", Region="us-west-2"),
            record("m.records.example", "A", "192.0.2.1", SetIdentifier="1", MultiValueAnswer=True),
            {
                "Name": "alias.records.example",
                "Type": "A",
                "AliasTarget": {
                    "HostedZoneId": zone.replace("/hostedzone/", ""),
                    "DNSName": "a.records.example",
                    "EvaluateTargetHealth": False,
                },
            },
        ]
        info = change(zone, "CREATE", *sets)["ChangeInfo"]
        self.assertEqual((info["Status"], info["Comment"]), ("PENDING", "from boto3"))
        waiter = CLIENT.get_waiter("resource_record_sets_changed")
        waiter.wait(Id=info["Id"], WaiterConfig={"Delay": 1, "MaxAttempts": 20})
        self.assertEqual(CLIENT.get_change(Id=info["Id"])["ChangeInfo"]["Status"], "INSYNC")
        pages = CLIENT.get_paginator("list_resource_record_sets").paginate(
            HostedZoneId=zone, PaginationConfig={"PageSize": 3}
        )
        listed = [one for page in pages for one in page["ResourceRecordSets"]]
        self.assertEqual(len(listed), len(sets) + 2)
        self.assertEqual(listed[2]["Name"], "\\052.records.example.")
        answer = CLIENT.test_dns_answer(
            HostedZoneId=zone, RecordName="alias.records.example", RecordType="A"
        )
        self.assertEqual(sorted(answer["RecordData"]), ["192.0.2.1", "192.0.2.2"])
        self.assertEqual((answer["ResponseCode"], answer["Protocol"]), ("NOERROR", "UDP"))

        message = self.refused("InvalidChangeBatch", 400, change, zone, "CREATE", sets[0])
        self.assertEqual(
            message,
            "[Tried to create resource record set [name='a.records.example.', type='A'] "
            "but it already exists]",
        )
        bad = record("b.records.example", "A", "nonsense")
        message = self.refused("InvalidChangeBatch", 400, change, zone, "CREATE", bad)
        self.assertIn("ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)", message)
        self.refused("HostedZoneNotEmpty", 400, CLIENT.delete_hosted_zone, Id=zone)
        self.refused("NoSuchChange", 404, CLIENT.get_change, Id="C0")
        # What is listed can be deleted as it is.
        change(zone, "DELETE", *listed[2:])
        CLIENT.delete_hosted_zone(Id=zone)

    def test_vpcs(self):
        zone = create_zone("private.example", VPC=VPC)["HostedZone"]["Id"]
        CLIENT.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=VPC2)
        self.assertEqual(CLIENT.get_hosted_zone(Id=zone)["VPCs"], [VPC, VPC2])
        summaries = CLIENT.list_hosted_zones_by_vpc(**VPC)["HostedZoneSummaries"]
        self.assertEqual(summaries[0]["Name"], "private.example.")
        CLIENT.disassociate_vpc_from_hosted_zone(HostedZoneId=zone, VPC=VPC2)
        last = CLIENT.disassociate_vpc_from_hosted_zone
        self.refused("LastVPCAssociation", 400, last, HostedZoneId=zone, VPC=VPC)
        CLIENT.create_vpc_association_authorization(HostedZoneId=zone, VPC=VPC2)
        listed = CLIENT.list_vpc_association_authorizations(HostedZoneId=zone)
        self.assertEqual(listed["VPCs"], [VPC2])
        CLIENT.delete_vpc_association_authorization(HostedZoneId=zone, VPC=VPC2)
        unknown = {"VPCRegion": "us-east-1", "VPCId": "vpc-0"}
        message = self.refused("InvalidVPCId", 400, create_zone, "p.example", VPC=unknown)
        self.assertEqual(message, "The VPC ID is invalid.")

    def test_delegation_sets(self):
        made = CLIENT.create_reusable_delegation_set(CallerReference="boto")["DelegationSet"]
        zone = create_zone("set.example", DelegationSetId=made["Id"])
        self.assertEqual(zone["DelegationSet"], made)
        self.assertEqual(CLIENT.get_reusable_delegation_set(Id=made["Id"])["DelegationSet"], made)
        self.assertEqual(CLIENT.list_reusable_delegation_sets()["DelegationSets"], [made])
        remove = CLIENT.delete_reusable_delegation_set
        self.refused("DelegationSetInUse", 400, remove, Id=made["Id"])
        limit = CLIENT.get_reusable_delegation_set_limit(
            DelegationSetId=made["Id"], Type="MAX_ZONES_BY_REUSABLE_DELEGATION_SET"
        )
        self.assertEqual(limit["Count"], 1)
        CLIENT.delete_hosted_zone(Id=zone["HostedZone"]["Id"])
        remove(Id=made["Id"])

    def test_tags_and_limits(self):
        zone = create_zone("tags.example")["HostedZone"]["Id"]
        bare = zone.replace("/hostedzone/", "")
        resource = {"ResourceType": "hostedzone", "ResourceId": bare}
        CLIENT.change_tags_for_resource(**resource, AddTags=[{"Key": "k", "Value": "v"}])
        tags = CLIENT.list_tags_for_resource(**resource)["ResourceTagSet"]["Tags"]
        self.assertEqual(tags, [{"Key": "k", "Value": "v"}])
        many = CLIENT.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[bare])
        self.assertEqual(len(many["ResourceTagSets"]), 1)
        CLIENT.change_tags_for_resource(**resource, RemoveTagKeys=["k"])
        long = {"ResourceType": "hostedzone", "ResourceId": zone}
        message = self.refused("InvalidInput", 400, CLIENT.list_tags_for_resource, **long)
        self.assertEqual(
            message,
            f"1 validation error detected: Value '{zone}' at 'resourceId' failed to satisfy "
            "constraint: Member must have length less than or equal to 32",
        )
        account = CLIENT.get_account_limit(Type="MAX_TRAFFIC_POLICIES_BY_OWNER")
        self.assertEqual((account["Limit"]["Value"], account["Count"]), (50, 0))
        limit = CLIENT.get_hosted_zone_limit(HostedZoneId=zone, Type="MAX_RRSETS_BY_ZONE")
        self.assertEqual((limit["Limit"]["Value"], limit["Count"]), (10000, 2))

    def test_query_logging(self):
        zone = create_zone("log.example")["HostedZone"]["Id"]
        bare = zone.replace("/hostedzone/", "")
        arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/log.example:*"
        create = CLIENT.create_query_logging_config
        made = create(HostedZoneId=bare, CloudWatchLogsLogGroupArn=arn)["QueryLoggingConfig"]
        got = CLIENT.get_query_logging_config(Id=made["Id"])["QueryLoggingConfig"]
        self.assertEqual(got, made)
        pages = CLIENT.get_paginator("list_query_logging_configs").paginate()
        self.assertIn(made, [one for page in pages for one in page["QueryLoggingConfigs"]])
        again = {"HostedZoneId": bare, "CloudWatchLogsLogGroupArn": arn}
        self.refused("QueryLoggingConfigAlreadyExists", 409, create, **again)
        CLIENT.delete_query_logging_config(Id=made["Id"])
        gone = CLIENT.get_query_logging_config
        self.refused("NoSuchQueryLoggingConfig", 404, gone, Id=made["Id"])

    def test_cidr_collections(self):
        create = CLIENT.create_cidr_collection
        made = create(Name="boto", CallerReference="boto")["Collection"]
        edit = {"LocationName": "east", "Action": "PUT", "CidrList": ["192.0.2.0/24"]}
        CLIENT.change_cidr_collection(Id=made["Id"], CollectionVersion=1, Changes=[edit])
        stale = CLIENT.change_cidr_collection
        mismatch = "CidrCollectionVersionMismatchException"
        self.refused(mismatch, 409, stale, Id=made["Id"], CollectionVersion=1, Changes=[edit])
        pages = CLIENT.get_paginator("list_cidr_blocks").paginate(CollectionId=made["Id"])
        blocks = [one for page in pages for one in page["CidrBlocks"]]
        self.assertEqual(blocks, [{"CidrBlock": "192.0.2.0/24", "LocationName": "east"}])
        locations = CLIENT.list_cidr_locations(CollectionId=made["Id"])["CidrLocations"]
        self.assertEqual(locations, [{"LocationName": "east"}])
        self.assertEqual(CLIENT.list_cidr_collections()["CidrCollections"][0]["Version"], 2)
        zone = create_zone("cidr.example")["HostedZone"]["Id"]
        config = {"CollectionId": made["Id"], "LocationName": "east"}
        routed = record("a.cidr.example", "A", "192.0.2.1", SetIdentifier="1", CidrRoutingConfig=config)
        change(zone, "CREATE", routed)
        empty = {**edit, "Action": "DELETE_IF_EXISTS"}
        edit_call = CLIENT.change_cidr_collection
        self.refused("CidrBlockInUseException", 400, edit_call, Id=made["Id"], Changes=[empty])
        change(zone, "DELETE", routed)
        edit_call(Id=made["Id"], Changes=[empty])
        CLIENT.delete_cidr_collection(Id=made["Id"])

    def test_geolocations(self):
        listed = CLIENT.list_geo_locations(MaxItems="2")
        self.assertTrue(listed["IsTruncated"])
        self.assertEqual(listed["MaxItems"], "2")
        details = CLIENT.get_geo_location(CountryCode="DE")["GeoLocationDetails"]
        self.assertEqual(details, {"CountryCode": "DE", "CountryName": "Germany"})
        self.refused("NoSuchGeoLocation", 404, CLIENT.get_geo_location, CountryCode="XX")

    def test_health_checks(self):
        config = {"Type": "TCP", "IPAddress": "8.8.8.8", "Port": 53}
        create = CLIENT.create_health_check
        made = create(CallerReference="boto", HealthCheckConfig=config)["HealthCheck"]
        again = create(CallerReference="boto", HealthCheckConfig=config)["HealthCheck"]
        self.assertEqual(again, made)
        other = {**config, "Port": 54}
        exists = "HealthCheckAlreadyExists"
        self.refused(exists, 409, create, CallerReference="boto", HealthCheckConfig=other)
        check = {"HealthCheckId": made["Id"]}
        update = CLIENT.update_health_check
        changed = update(**check, HealthCheckVersion=1, Disabled=True)["HealthCheck"]
        self.assertEqual(changed["HealthCheckVersion"], 2)
        self.refused("HealthCheckVersionMismatch", 409, update, **check, HealthCheckVersion=1)
        self.assertEqual(CLIENT.get_health_check(**check)["HealthCheck"], changed)
        pages = CLIENT.get_paginator("list_health_checks").paginate(PaginationConfig={"PageSize": 1})
        listed = [one["Id"] for page in pages for one in page["HealthChecks"]]
        self.assertIn(made["Id"], listed)
        self.assertEqual(CLIENT.get_health_check_count()["HealthCheckCount"], len(listed))
        parent = {"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [made["Id"]]}
        calculated = create(CallerReference="boto-parent", HealthCheckConfig=parent)["HealthCheck"]
        for call in (CLIENT.get_health_check_status, CLIENT.get_health_check_last_failure_reason):
            self.assertEqual(call(**check)["HealthCheckObservations"], [])
            self.refused("InvalidInput", 400, call, HealthCheckId=calculated["Id"])
            self.refused("NoSuchHealthCheck", 404, call, HealthCheckId="none")
        for one in CLIENT.get_checker_ip_ranges()["CheckerIpRanges"]:
            self.assertRegex(one, r"/(32|128)$")
        delete = CLIENT.delete_health_check
        self.refused("HealthCheckInUse", 400, delete, **check)
        delete(HealthCheckId=calculated["Id"])
        delete(**check)
        self.refused("NoSuchHealthCheck", 404, CLIENT.get_health_check, **check)

    def test_later_steps(self):
        zone = create_zone("dnssec.example")["HostedZone"]["Id"]
        self.refused("NotImplemented", 501, CLIENT.get_dnssec, HostedZoneId=zone)


if __name__ == "__main__":
    unittest.main()
