"""The CloudWatch operations that Signpost has, against the Signpost at SIGNPOST_API."""

import os
import time
import unittest
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config

from refusing_case import RefusingCase

CLIENT = boto3.client(
    "cloudwatch",
    endpoint_url=os.environ["SIGNPOST_API"],
    config=Config(retries={"max_attempts": 1}),
)
TOPIC = "arn:aws:sns:us-east-1:000000000000:nobody"


def minutes(count):
    return datetime.now(timezone.utc).replace(second=0, microsecond=0) + timedelta(minutes=count)


def put_alarm(name, **more):
    settings = {
        "Namespace": "Boto",
        "MetricName": "load",
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 10,
        "DatapointsToAlarm": 1,
        "Threshold": 1.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        **more,
    }
    CLIENT.put_metric_alarm(AlarmName=name, **settings)


def alarm(name):
    types = ["MetricAlarm", "CompositeAlarm"]
    answer = CLIENT.describe_alarms(AlarmNames=[name], AlarmTypes=types)
    return (answer["MetricAlarms"] + answer["CompositeAlarms"])[0]


class CloudWatch(RefusingCase):
    """One test a family of operations."""

    client = CLIENT

    def eventually(self, what, is_so):
        end = time.monotonic() + 20
        while not is_so():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.1)

    def test_metrics(self):
        dimensions = [{"Name": "Host", "Value": "a"}]
        CLIENT.put_metric_data(
            Namespace="Boto",
            MetricData=[
                {"MetricName": "size", "Dimensions": dimensions, "Timestamp": minutes(-5), "Value": value}
                for value in (1, 2, 9)
            ]
            + [{
                "MetricName": "set",
                "StatisticValues": {"SampleCount": 2, "Sum": 6, "Minimum": 1, "Maximum": 5},
                "Unit": "Bytes",
            }],
        )
        span = {"StartTime": minutes(-10), "EndTime": minutes(1)}
        size = {"Namespace": "Boto", "MetricName": "size", "Dimensions": dimensions}
        got = CLIENT.get_metric_statistics(
            **size, **span, Period=60, Statistics=["Average", "Maximum", "SampleCount"]
        )
        (point,) = got["Datapoints"]
        self.assertEqual(
            point,
            {"Timestamp": minutes(-5), "Average": 4.0, "Maximum": 9.0, "SampleCount": 3.0, "Unit": "None"},
        )
        got = CLIENT.get_metric_statistics(
            **size, **span, Period=60, ExtendedStatistics=["p50", "tm100"]
        )
        self.assertEqual(got["Datapoints"][0]["ExtendedStatistics"], {"p50": 2.0, "tm100": 4.0})
        queries = [
            {"Id": "a", "MetricStat": {"Metric": size, "Period": 60, "Stat": "Sum"}},
            {"Id": "b", "MetricStat": {"Metric": {"Namespace": "Boto", "MetricName": "set"},
                                       "Period": 60, "Stat": "Average", "Unit": "Bytes"}},
        ]
        pages = CLIENT.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, **span, PaginationConfig={"PageSize": 1}
        )
        values = {}
        for page in pages:
            for result in page["MetricDataResults"]:
                values.setdefault(result["Id"], []).extend(result["Values"])
        self.assertEqual(values, {"a": [12.0], "b": [3.0]})
        listed = CLIENT.get_paginator("list_metrics").paginate(Namespace="Boto", MetricName="size")
        self.assertEqual([m for page in listed for m in page["Metrics"]], [size])

    def test_metric_refusals(self):
        def put(**datum):
            CLIENT.put_metric_data(Namespace="Boto", MetricData=[{"MetricName": "m", **datum}])

        message = self.refused("InvalidParameterValue", 400, put, Value=float("nan"))
        self.assertEqual(message, "The value NaN for parameter MetricData.member.1.Value is invalid.")
        message = self.refused("InvalidParameterCombination", 400, put)
        self.assertIn("MetricData.member.1.Value and MetricData.member.1.StatisticValues", message)
        self.refused("InvalidParameterValue", 400, put, Value=1, Unit="Furlongs")
        self.refused(
            "MissingParameter", 400, CLIENT.put_metric_data, Namespace="Boto", MetricData=[]
        )
        self.refused(
            "NotImplemented", 501, CLIENT.get_metric_data, StartTime=minutes(-1), EndTime=minutes(0),
            MetricDataQueries=[{"Id": "a", "Expression": "SEARCH('x', 'Sum')"}],
        )

    def test_alarms(self):
        put_alarm("boto", AlarmActions=[TOPIC], Tags=[{"Key": "k", "Value": "v"}])
        CLIENT.put_composite_alarm(AlarmName="boto all", AlarmRule='ALARM("boto")')
        self.eventually("boto is OK", lambda: alarm("boto")["StateValue"] == "OK")
        CLIENT.put_metric_data(
            Namespace="Boto", MetricData=[{"MetricName": "load", "Value": 2}]
        )
        CLIENT.set_alarm_state(AlarmName="boto", StateValue="ALARM", StateReason="test",
                               StateReasonData='{"a": 1}')
        self.eventually("the other is in ALARM", lambda: alarm("boto all")["StateValue"] == "ALARM")
        history = CLIENT.describe_alarm_history(AlarmName="boto", HistoryItemType="StateUpdate")
        self.assertTrue(history["AlarmHistoryItems"])
        CLIENT.get_waiter("alarm_exists").wait(AlarmNames=["boto"])
        arn = alarm("boto")["AlarmArn"]
        self.assertEqual(
            CLIENT.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "k", "Value": "v"}]
        )
        CLIENT.tag_resource(ResourceARN=arn, Tags=[{"Key": "k", "Value": "w"}])
        CLIENT.untag_resource(ResourceARN=arn, TagKeys=["k"])
        self.assertEqual(CLIENT.list_tags_for_resource(ResourceARN=arn)["Tags"], [])
        CLIENT.disable_alarm_actions(AlarmNames=["boto"])
        self.assertIs(alarm("boto")["ActionsEnabled"], False)
        CLIENT.enable_alarm_actions(AlarmNames=["boto"])
        for_metric = CLIENT.describe_alarms_for_metric(Namespace="Boto", MetricName="load")
        self.assertEqual([a["AlarmName"] for a in for_metric["MetricAlarms"]], ["boto"])
        parents = CLIENT.describe_alarms(ParentsOfAlarmName="boto")["CompositeAlarms"]
        self.assertEqual([a["AlarmName"] for a in parents], ["boto all"])
        message = self.refused("ValidationError", 400, CLIENT.delete_alarms, AlarmNames=["boto"])
        self.assertIn("composite alarm(s) depending on it", message)
        CLIENT.delete_alarms(AlarmNames=["boto all", "boto"])
        self.assertEqual(CLIENT.describe_alarms(AlarmNamePrefix="boto")["MetricAlarms"], [])
        self.refused("ResourceNotFound", 404, CLIENT.set_alarm_state, AlarmName="boto",
                     StateValue="OK", StateReason="")
        self.refused("ValidationError", 400, put_alarm, "boto", Period=45)


if __name__ == "__main__":
    unittest.main()
