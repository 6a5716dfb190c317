#!/usr/bin/python3
"""Writes src/api/protocol/sigv4-vectors.json: requests as botocore signs them.

Run it with a Python that has botocore, its output going to that file.
"""
import datetime
import json

import botocore.auth
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
HOST = "http://127.0.0.1:8053"


NOW = datetime.datetime(2026, 1, 2, 3, 4, 5)


class FixedTime(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return NOW


class FixedModule:
    datetime = FixedTime


# Where botocore takes the time from, in older versions and in newer ones.
botocore.auth.datetime = FixedModule
botocore.auth.get_current_datetime = lambda remove_tzinfo=True: NOW

CASES = [
    ("root", "GET", "/", {}, ""),
    ("plain path", "GET", "/2013-04-01/hostedzone", {}, ""),
    ("trailing slash", "GET", "/2013-04-01/hostedzone/Z1/rrset/", {}, ""),
    ("body", "POST", "/2013-04-01/hostedzone", {}, "<a>\u00e9</a>"),
    ("query out of order", "GET", "/2013-04-01/hostedzone?maxitems=1&marker=Z1", {}, ""),
    ("repeated query key", "GET", "/2013-04-01/tags?k=b&k=a&k=%20&j=1", {}, ""),
    ("a key that begins another", "GET", "/p?a-b=1&a=2&ab=3&a=1", {}, ""),
    ("query without value", "GET", "/2013-04-01/hostedzone?delegation&a=1", {}, ""),
    ("encoded query", "GET", "/2013-04-01/x?name=%5C052.example.com.&q=a%2Fb%3Dc%26d", {}, ""),
    ("unreserved query", "GET", "/x?q=-._~AZaz09", {}, ""),
    ("reserved query", "GET", "/x?q=%21%27%28%29%2A%3A%40", {}, ""),
    ("unicode query", "GET", "/x?q=%C3%A9%F0%9F%98%80", {}, ""),
    ("encoded slash in path", "GET", "/2013-04-01/hostedzone/%2Fhostedzone%2FZ1", {}, ""),
    ("encoded space in path", "GET", "/2013-04-01/hostedzone/a%20b", {}, ""),
    ("double slash", "GET", "/2013-04-01//hostedzone", {}, ""),
    ("dot segments", "GET", "/2013-04-01/./hostedzone/../change/C1", {}, ""),
    ("dot at the end", "GET", "/2013-04-01/hostedzone/.", {}, ""),
    ("spaces in a header", "GET", "/x", {"X-Amz-Meta": "  a   b  "}, ""),
    ("content type", "POST", "/x", {"Content-Type": "text/xml"}, "<a/>"),
    ("stated hash", "PUT", "/x", {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}, "anything"),
]


def sign(case):
    name, method, path, headers, body = case
    request = AWSRequest(method=method, url=HOST + path, headers=dict(headers), data=body.encode())
    credentials = Credentials(ACCESS_KEY_ID, SECRET)
    SigV4Auth(credentials, "route53", "us-east-1").add_auth(request)
    return {
        "name": name,
        "method": method,
        "target": path,
        "headers": [["Host", "127.0.0.1:8053"], *[list(item) for item in request.headers.items()]],
        "body": body,
    }


def presign(case):
    name, method, path, headers, body = case
    request = AWSRequest(method=method, url=HOST + path, headers=dict(headers), data=body.encode())
    credentials = Credentials(ACCESS_KEY_ID, SECRET)
    SigV4QueryAuth(credentials, "route53", "eu-west-3", expires=900).add_auth(request)
    return {
        "name": "presigned: " + name,
        "method": method,
        "target": request.url[len(HOST):],
        "headers": [["Host", "127.0.0.1:8053"], *[list(item) for item in request.headers.items()]],
        "body": body,
    }


# Before it presigns, botocore reads query and body into one mapping: one value a key, no body.
UNIQUE_ONLY = ("repeated query key", "a key that begins another")
PRESIGNABLE = [case for case in CASES if case[0] not in UNIQUE_ONLY and not case[4]]
print(
    json.dumps(
        {
            "accessKeyId": ACCESS_KEY_ID,
            "secret": SECRET,
            "time": "2026-01-02T03:04:05Z",
            "requests": [*map(sign, CASES), *map(presign, PRESIGNABLE)],
        },
        indent=1,
        ensure_ascii=True,
    )
)
