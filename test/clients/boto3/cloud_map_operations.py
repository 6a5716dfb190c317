"""Every operation of Cloud Map that Debian's boto3 knows, with what DNS answers.

SIGNPOST_API, SIGNPOST_DNS and SIGNPOST_RESOLVER say where they are; the resolver is VPC's.
"""

import os
import subprocess
import time
import unittest

import boto3
from botocore.config import Config

from refusing_case import RefusingCase

API = os.environ["SIGNPOST_API"]
# boto3 puts `data-` before the host of DiscoverInstances unless it is told not to.
CLIENT = boto3.client(
    "servicediscovery",
    endpoint_url=API,
    config=Config(retries={"max_attempts": 1}, inject_host_prefix=False),
)
ROUTE53 = boto3.client("route53", endpoint_url=API)
PUBLIC = os.environ["SIGNPOST_DNS"].split(" ")
RESOLVER = os.environ["SIGNPOST_RESOLVER"].split(" ")
VPC = "vpc-11111111"
CUSTOM = {"HealthCheckCustomConfig": {"FailureThreshold": 1}}


def ask(name, record_type="A", server=None):
    """What DNS answers, sorted."""
    address, port = server or PUBLIC
    words = ["dig", "+short", f"@{address}", "-p", port, name, record_type]
    answer = subprocess.run(words, capture_output=True, text=True, check=True, timeout=10)
    return sorted(answer.stdout.split("\n"))[1:]


class CloudMap(RefusingCase):
    """One test a family of operations."""

    client = CLIENT

    def operation(self, answer, status="SUCCESS"):
        """Waits for the end of an operation."""
        end = time.monotonic() + 20
        while True:
            operation = CLIENT.get_operation(OperationId=answer["OperationId"])["Operation"]
            if operation["Status"] in ("SUCCESS", "FAIL"):
                self.assertEqual(operation["Status"], status, operation)
                return operation
            self.assertLess(time.monotonic(), end, operation)
            time.sleep(0.02)

    def namespace(self, answer):
        return self.operation(answer)["Targets"]["NAMESPACE"]

    def register(self, service, instance, **attributes):
        answer = CLIENT.register_instance(
            ServiceId=service, InstanceId=instance, Attributes=attributes
        )
        return self.operation(answer)

    def eventually(self, what, wanted, seconds=1):
        """Asks until the answer is as wanted, for a second: that is what is promised."""
        end = time.monotonic() + seconds
        found = what()
        while found != wanted and time.monotonic() < end:
            time.sleep(0.02)
            found = what()
        self.assertEqual(found, wanted)

    def test_walk_through(self):
        """The namespace `local` of a VPC: its resolver answers, and nobody else does."""
        answer = CLIENT.create_private_dns_namespace(Name="local", Vpc=VPC)
        namespace = self.namespace(answer)
        service = CLIENT.create_service(
            Name="backend",
            NamespaceId=namespace,
            DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]},
            **CUSTOM,
        )["Service"]["Id"]
        addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
        for address in addresses:
            self.register(service, f"i-{address[-1]}", AWS_INSTANCE_IPV4=address)

        def answered():
            return ask("backend.local", server=RESOLVER)

        self.assertEqual(answered(), addresses)
        self.assertEqual(ask("backend.local"), [])
        CLIENT.update_instance_custom_health_status(
            ServiceId=service, InstanceId="i-2", Status="UNHEALTHY"
        )
        self.eventually(answered, ["10.0.0.1", "10.0.0.3"])

        def found(**more):
            where = {"NamespaceName": "local", "ServiceName": "backend"}
            instances = CLIENT.discover_instances(**where, **more)["Instances"]
            return sorted(each["Attributes"]["AWS_INSTANCE_IPV4"] for each in instances)

        self.assertEqual(found(), ["10.0.0.1", "10.0.0.3"])
        self.assertEqual(found(HealthStatus="UNHEALTHY"), ["10.0.0.2"])
        self.assertEqual(found(HealthStatus="ALL"), addresses)
        for instance in ("i-1", "i-3"):
            CLIENT.update_instance_custom_health_status(
                ServiceId=service, InstanceId=instance, Status="UNHEALTHY"
            )
        self.eventually(answered, addresses)
        self.assertEqual(found(HealthStatus="HEALTHY_OR_ELSE_ALL"), addresses)
        status = CLIENT.get_instances_health_status(ServiceId=service)["Status"]
        self.assertEqual(set(status.values()), {"UNHEALTHY"})

        self.refused("ResourceInUse", 409, CLIENT.delete_service, Id=service)
        for address in addresses:
            instance = {"ServiceId": service, "InstanceId": f"i-{address[-1]}"}
            self.operation(CLIENT.deregister_instance(**instance))
        self.eventually(answered, [])
        self.refused("ResourceInUse", 409, CLIENT.delete_namespace, Id=namespace)
        CLIENT.delete_service(Id=service)
        self.operation(CLIENT.delete_namespace(Id=namespace))
        self.refused("NamespaceNotFound", 404, CLIENT.get_namespace, Id=namespace)

    def test_record_types(self):
        namespace = self.namespace(CLIENT.create_public_dns_namespace(Name="types.local"))

        def service(name, policy, *types, **more):
            records = [{"Type": each, "TTL": 30} for each in types]
            config = {"RoutingPolicy": policy, "DnsRecords": records}
            answer = CLIENT.create_service(
                Name=name, NamespaceId=namespace, DnsConfig=config, **more
            )
            return answer["Service"]["Id"]

        both = service("both", "MULTIVALUE", "A", "AAAA")
        self.register(both, "a", AWS_INSTANCE_IPV4="10.0.0.1", AWS_INSTANCE_IPV6="fd00::1")
        self.assertEqual(ask("both.types.local"), ["10.0.0.1"])
        self.assertEqual(ask("both.types.local", "AAAA"), ["fd00::1"])
        srv = service("_web._tcp", "MULTIVALUE", "SRV")
        for instance in ("a", "b"):
            self.register(srv, instance, AWS_INSTANCE_IPV4="10.0.0.9", AWS_INSTANCE_PORT="8080")
        self.assertEqual(
            ask("_web._tcp.types.local", "SRV"),
            ["1 1 8080 a._web._tcp.types.local.", "1 1 8080 b._web._tcp.types.local."],
        )
        self.assertEqual(ask("a._web._tcp.types.local"), ["10.0.0.9"])
        cname = service("cname", "WEIGHTED", "CNAME")
        self.register(cname, "a", AWS_INSTANCE_CNAME="www.example.com")
        self.assertEqual(ask("cname.types.local", "CNAME"), ["www.example.com."])
        alias = service("alias", "WEIGHTED", "A")
        self.register(alias, "a", AWS_ALIAS_DNS_NAME="both.types.local")
        self.assertEqual(ask("alias.types.local"), ["10.0.0.1"])
        many = service("many", "MULTIVALUE", "A")
        for number in range(10):
            self.register(many, f"i{number}", AWS_INSTANCE_IPV4=f"10.1.0.{number}")
        self.assertEqual(len(ask("many.types.local")), 8)
        one = service("one", "WEIGHTED", "A")
        for number in range(3):
            self.register(one, f"i{number}", AWS_INSTANCE_IPV4=f"10.2.0.{number}")
        self.assertEqual(len(ask("one.types.local")), 1)

    def test_health_checks(self):
        namespace = self.namespace(CLIENT.create_public_dns_namespace(Name="checks.local"))
        service = CLIENT.create_service(
            Name="web",
            NamespaceId=namespace,
            DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 30}]},
            HealthCheckConfig={"Type": "TCP"},
        )["Service"]["Id"]
        attributes = {"AWS_INSTANCE_IPV4": "127.0.0.1", "AWS_INSTANCE_PORT": "1"}
        self.register(service, "a", **attributes)

        def checks():
            found = ROUTE53.list_health_checks()["HealthChecks"]
            return [check for check in found if check["HealthCheckConfig"]["Type"] == "TCP"]

        (check,) = checks()
        self.assertEqual(check["HealthCheckConfig"]["IPAddress"], "127.0.0.1")
        self.assertEqual(
            check["LinkedService"]["ServicePrincipal"], "servicediscovery.amazonaws.com"
        )
        sets = self.zone_sets(namespace)
        self.assertEqual(sets["web.checks.local."]["HealthCheckId"], check["Id"])
        records = {"DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 60}]}}
        self.operation(CLIENT.update_service(Id=service, Service=records))
        self.assertEqual(checks(), [])
        updated = self.zone_sets(namespace)["web.checks.local."]
        self.assertEqual(updated["TTL"], 60)
        self.assertNotIn("HealthCheckId", updated)

    def zone_sets(self, namespace):
        properties = CLIENT.get_namespace(Id=namespace)["Namespace"]["Properties"]
        zone = properties["DnsProperties"]["HostedZoneId"]
        sets = ROUTE53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        return {each["Name"]: each for each in sets if each["Type"] != "NS"}

    def test_private_namespace(self):
        answer = CLIENT.create_private_dns_namespace(
            Name="private.local",
            Vpc=VPC,
            Properties={"DnsProperties": {"SOA": {"TTL": 20}}},
        )
        namespace = self.namespace(answer)
        again = CLIENT.create_private_dns_namespace(Name="private.local", Vpc=VPC)
        failed = self.operation(again, "FAIL")
        self.assertEqual(failed["ErrorCode"], "CANNOT_CREATE_HOSTED_ZONE")
        self.assertIn("ConflictingDomainExists", failed["ErrorMessage"])
        service = CLIENT.create_service(
            Name="db",
            NamespaceId=namespace,
            DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 5}]},
        )["Service"]["Id"]
        self.register(service, "a", AWS_INSTANCE_IPV4="10.0.0.1")
        sets = self.zone_sets(namespace)
        self.assertEqual(sets["private.local."]["TTL"], 20)
        self.assertEqual(sets["db.private.local."]["ResourceRecords"], [{"Value": "10.0.0.1"}])
        # Nothing of a private zone is answered in public.
        self.assertEqual(ask("db.private.local"), [])
        change = {"Properties": {"DnsProperties": {"SOA": {"TTL": 40}}}}
        self.operation(CLIENT.update_private_dns_namespace(Id=namespace, Namespace=change))
        self.assertEqual(self.zone_sets(namespace)["private.local."]["TTL"], 40)

    def test_namespaces(self):
        http = self.namespace(
            CLIENT.create_http_namespace(
                Name="api", Description="first", Tags=[{"Key": "team", "Value": "a"}]
            )
        )
        error = self.refused(
            "NamespaceAlreadyExists", 400, CLIENT.create_http_namespace, Name="api"
        )
        self.assertIn("api", error)
        change = {"Description": "second"}
        self.operation(CLIENT.update_http_namespace(Id=http, Namespace=change))
        namespace = CLIENT.get_namespace(Id=http)["Namespace"]
        self.assertEqual(namespace["Description"], "second")
        self.assertEqual(namespace["Properties"]["HttpProperties"], {"HttpName": "api"})
        public = self.namespace(CLIENT.create_public_dns_namespace(Name="named.local"))
        self.operation(
            CLIENT.update_public_dns_namespace(Id=public, Namespace={"Description": "d"})
        )
        filters = [{"Name": "NAME", "Values": ["named.local"]}]
        pages = CLIENT.get_paginator("list_namespaces").paginate(Filters=filters)
        self.assertEqual([each["Id"] for page in pages for each in page["Namespaces"]], [public])

        arn = namespace["Arn"]
        CLIENT.tag_resource(ResourceARN=arn, Tags=[{"Key": "env", "Value": "test"}])
        CLIENT.untag_resource(ResourceARN=arn, TagKeys=["team"])
        tags = CLIENT.list_tags_for_resource(ResourceARN=arn)["Tags"]
        self.assertEqual(tags, [{"Key": "env", "Value": "test"}])

    def test_services(self):
        namespace = self.namespace(CLIENT.create_http_namespace(Name="services"))
        made = CLIENT.create_service(Name="Api", NamespaceId=namespace, Description="d")
        service = made["Service"]["Id"]
        self.assertEqual(CLIENT.get_service(Id=service)["Service"], made["Service"])
        filters = [{"Name": "NAMESPACE_ID", "Values": [namespace], "Condition": "EQ"}]
        pages = CLIENT.get_paginator("list_services").paginate(Filters=filters)
        self.assertEqual([each["Id"] for page in pages for each in page["Services"]], [service])
        for number in range(3):
            self.register(service, f"i{number}", version=str(number))
        pages = CLIENT.get_paginator("list_instances").paginate(
            ServiceId=service, PaginationConfig={"PageSize": 2}
        )
        found = [each["Id"] for page in pages for each in page["Instances"]]
        self.assertEqual(found, ["i0", "i1", "i2"])
        instance = CLIENT.get_instance(ServiceId=service, InstanceId="i1")["Instance"]
        self.assertEqual(instance["Attributes"], {"version": "1"})
        answer = CLIENT.discover_instances(
            NamespaceName="services", ServiceName="Api", QueryParameters={"version": "2"}
        )
        self.assertEqual([each["InstanceId"] for each in answer["Instances"]], ["i2"])
        pages = CLIENT.get_paginator("list_operations").paginate(
            Filters=[
                {"Name": "SERVICE_ID", "Values": [service]},
                {"Name": "TYPE", "Values": ["REGISTER_INSTANCE"], "Condition": "IN"},
            ]
        )
        self.assertEqual(len([each for page in pages for each in page["Operations"]]), 3)

    def test_refusals(self):
        namespace = self.namespace(CLIENT.create_public_dns_namespace(Name="refused.local"))
        config = {"DnsRecords": [{"Type": "SRV", "TTL": 1}]}
        service = CLIENT.create_service(
            Name="srv", NamespaceId=namespace, DnsConfig=config
        )["Service"]["Id"]
        wrong = {"ServiceId": service, "InstanceId": "a"}
        for attributes, words in [
            ({}, "AWS_INSTANCE_PORT: it is required"),
            ({"AWS_INSTANCE_PORT": "80"}, "AWS_INSTANCE_IPV4, AWS_INSTANCE_IPV6"),
            ({"AWS_INSTANCE_PORT": "x"}, "x is no port"),
            ({f"k{i}": "v" for i in range(31)}, "limit 30"),
        ]:
            message = self.refused(
                "InvalidInput", 400, CLIENT.register_instance, Attributes=attributes, **wrong
            )
            self.assertIn(words, message)
        self.refused("ServiceNotFound", 404, CLIENT.get_service, Id="srv-none")
        self.refused("InstanceNotFound", 404, CLIENT.deregister_instance, **wrong)
        self.refused("OperationNotFound", 404, CLIENT.get_operation, OperationId="none")
        self.refused(
            "CustomHealthNotFound",
            404,
            CLIENT.update_instance_custom_health_status,
            Status="HEALTHY",
            **wrong,
        )
        self.refused(
            "ServiceAlreadyExists", 400, CLIENT.create_service, Name="SRV", NamespaceId=namespace
        )


if __name__ == "__main__":
    unittest.main()
