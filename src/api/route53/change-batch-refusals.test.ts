import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { addZone, openRoute53 } from "../../../test/support/route53-context.ts";
import { alias, change, refusal, set, values } from "../../../test/support/change-steps.ts";
import type { Step } from "../../../test/support/change-steps.ts";

const route53 = await openRoute53();
const z = "z.test";
const zone = await addZone(route53, z);
const otherZone = await addZone(route53, "other.test");
await change(
  route53,
  zone,
  ["CREATE", set(`here.${z}`)],
  ["CREATE", set(`cname.${z}`, { Type: "CNAME", ...values("here.z.test") })],
  ["CREATE", set(`weighted.${z}`, { SetIdentifier: "one", Weight: 1 })],
  ["CREATE", set(`latency.${z}`, { SetIdentifier: "one", Region: "us-east-1" })],
  ["CREATE", set(`failover.${z}`, { SetIdentifier: "one", Failover: "PRIMARY" })],
  ["CREATE", set(`geo.${z}`, { SetIdentifier: "one", GeoLocation: { ContinentCode: "NA" } })],
  ["CREATE", set(`multi.${z}`, { SetIdentifier: "one", MultiValueAnswer: true })],
  [
    "CREATE",
    set(`prox.${z}`, { SetIdentifier: "one", GeoProximityLocation: { AWSRegion: "us-east-1" } }),
  ],
);

const apexSoa = "ns-1.x. hostmaster.x. 1 7200 900 1209600 86400";

/** Each refused batch: what it is, its steps, and the messages it is refused for. */
const refused: [string, Step[], (string | RegExp)[]][] = [
  [
    "CREATE of a set that is there",
    [["CREATE", set(`HERE.${z}`)]],
    ["Tried to create resource record set [name='here.z.test.', type='A'] but it already exists"],
  ],
  [
    "CREATE of a routed set that is there",
    [["CREATE", set(`weighted.${z}`, { SetIdentifier: "one", Weight: 9 })]],
    [
      "Tried to create resource record set [name='weighted.z.test.', type='A', " +
        "set-identifier='one'] but it already exists",
    ],
  ],
  [
    "DELETE of a set that is not there",
    [["DELETE", set(`none.${z}`)]],
    ["Tried to delete resource record set [name='none.z.test.', type='A'] but it was not found"],
  ],
  [
    "DELETE with another TTL",
    [["DELETE", set(`here.${z}`, { TTL: 301 })]],
    [
      "Tried to delete resource record set [name='here.z.test.', type='A'] " +
        "but the values provided do not match the current values",
    ],
  ],
  [
    "DELETE with another weight",
    [["DELETE", set(`weighted.${z}`, { SetIdentifier: "one", Weight: 2 })]],
    [
      "Tried to delete resource record set [name='weighted.z.test.', type='A', " +
        "set-identifier='one'] but the values provided do not match the current values",
    ],
  ],
  [
    "a name outside of the zone",
    [["CREATE", set("www.notz.test")]],
    ["RRSet with DNS name www.notz.test. is not permitted in zone z.test."],
  ],
  [
    "an escaped dot before the zone's name is no label border",
    [["CREATE", set("www\\056z.test")]],
    ["RRSet with DNS name www\\056z.test. is not permitted in zone z.test."],
  ],
  [
    "CNAME at the apex",
    [["CREATE", set(z, { Type: "CNAME", ...values("a.test") })]],
    ["RRSet of type CNAME with DNS name z.test. is not permitted at apex in zone z.test."],
  ],
  [
    "DS at the apex",
    [["CREATE", set(z, { Type: "DS", ...values(`1 13 2 ${"ab".repeat(32)}`) })]],
    ["RRSet of type DS with DNS name z.test. is not permitted at apex in zone z.test."],
  ],
  [
    "SOA below the apex",
    [["CREATE", set(`a.${z}`, { Type: "SOA", ...values(apexSoa) })]],
    ["RRSet of type SOA with DNS name a.z.test. is not permitted in zone z.test."],
  ],
  [
    "wildcard NS",
    [["CREATE", set(`*.${z}`, { Type: "NS", ...values("ns.test") })]],
    [/^RRSet of type NS with DNS name \\052\.z\.test\. is not permitted as wildcard NS/],
  ],
  [
    "CNAME beside another type",
    [["CREATE", set(`here.${z}`, { Type: "CNAME", ...values("a.test") })]],
    [
      "RRSet of type CNAME with DNS name here.z.test. is not permitted as it conflicts with " +
        "other records with the same DNS name in zone z.test.",
    ],
  ],
  [
    "another type beside CNAME",
    [["CREATE", set(`cname.${z}`, { Type: "TXT", ...values('"x"') })]],
    [
      "RRSet of type TXT with DNS name cname.z.test. is not permitted because a conflicting " +
        "RRSet of type CNAME with the same DNS name already exists in zone z.test.",
    ],
  ],
  [
    "the same set twice",
    [
      ["UPSERT", set(`twice.${z}`)],
      ["UPSERT", set(`twice.${z}`)],
    ],
    [
      "The request contains an invalid set of changes for a resource record set " +
        "'A twice.z.test.'",
    ],
  ],
  [
    "the same set deleted twice",
    [
      ["DELETE", set(`here.${z}`)],
      ["DELETE", set(`here.${z}`)],
    ],
    ["The request contains an invalid set of changes for a resource record set 'A here.z.test.'"],
  ],
  [
    "apex NS and SOA deleted",
    [
      ["DELETE", set(z, { Type: "NS", TTL: 172_800, ...values() })],
      ["DELETE", set(z, { Type: "SOA", TTL: 900, ...values() })],
    ],
    [
      "A HostedZone must contain exactly one SOA record.",
      "A HostedZone must contain at least one NS record for the zone itself.",
    ],
  ],
  [
    "simple among routed",
    [["CREATE", set(`weighted.${z}`)]],
    [
      "RRSet with DNS name weighted.z.test., type A cannot be created as other RRSets exist " +
        "with the same name and type.",
    ],
  ],
  [
    "weighted beside simple",
    [["CREATE", set(`here.${z}`, { SetIdentifier: "two", Weight: 1 })]],
    [
      "RRSet with DNS name here.z.test., type A, SetIdentifier two cannot be created as a " +
        "non-weighted set exists with the same name and type.",
    ],
  ],
  [
    "weighted with another TTL",
    [["CREATE", set(`weighted.${z}`, { SetIdentifier: "two", Weight: 1, TTL: 60 })]],
    [
      "RRSet with DNS name weighted.z.test., type A, SetIdentifier two cannot be created as " +
        "weighted sets must contain the same TTL.",
    ],
  ],
  [
    "latency among weighted",
    [["CREATE", set(`weighted.${z}`, { SetIdentifier: "two", Region: "eu-west-1" })]],
    [
      "RRSet with DNS name weighted.z.test., type A, SetIdentifier two, and Region " +
        "Name=eu-west-1 cannot be created because a non-latency RRSet with the same name and " +
        "type already exists.",
    ],
  ],
  [
    "latency of a region that is taken",
    [["CREATE", set(`latency.${z}`, { SetIdentifier: "two", Region: "us-east-1" })]],
    [/^RRSet with DNS name latency\.z\.test\., type A, SetIdentifier two, .* type and region\.$/],
  ],
  [
    "failover among weighted",
    [["CREATE", set(`weighted.${z}`, { SetIdentifier: "two", Failover: "PRIMARY" })]],
    [
      "RRSet with DNS name weighted.z.test., type A, SetIdentifier two, marked as primary cannot " +
        "be created because a non-failover RRSet with the same name and type already exists.",
    ],
  ],
  [
    "a second PRIMARY",
    [["CREATE", set(`failover.${z}`, { SetIdentifier: "two", Failover: "PRIMARY" })]],
    [
      /marked as primary cannot be created as another RRSet exists with the same .* failover role\.$/,
    ],
  ],
  [
    "geolocation among latency",
    [
      [
        "CREATE",
        set(`latency.${z}`, { SetIdentifier: "two", GeoLocation: { ContinentCode: "NA" } }),
      ],
    ],
    [
      "RRSet with DNS name latency.z.test., type A, SetIdentifier two, and routing to " +
        "[continent = (NA, North America)] cannot be created because a non-GEO RRSet with the " +
        "same name and type already exists.",
    ],
  ],
  [
    "the same geolocation twice",
    [["CREATE", set(`geo.${z}`, { SetIdentifier: "two", GeoLocation: { ContinentCode: "NA" } })]],
    [/\[continent = \(NA, North America\)\] cannot be created as another .* and geolocation\.$/],
  ],
  [
    "multivalue among weighted",
    [["CREATE", set(`weighted.${z}`, { SetIdentifier: "two", MultiValueAnswer: true })]],
    [
      "RRSet with DNS name weighted.z.test., type A, SetIdentifier two cannot be created because " +
        "a non multivalue answer rrset exists with the same name and type.",
    ],
  ],
  [
    "multivalue CNAME",
    [
      [
        "CREATE",
        set(`m.${z}`, {
          Type: "CNAME",
          SetIdentifier: "a",
          MultiValueAnswer: true,
          ...values("a.test"),
        }),
      ],
    ],
    [/^RRSet of type CNAME with DNS name m\.z\.test\. is not permitted with multivalue routing\.$/],
  ],
  [
    "weighted NS",
    [
      [
        "CREATE",
        set(`w.${z}`, { Type: "NS", SetIdentifier: "a", Weight: 1, ...values("ns.test") }),
      ],
    ],
    [/^RRSet of type NS with DNS name w\.z\.test\. is not permitted with weighted routing\.$/],
  ],
  [
    "CIDR collection that is not there",
    [
      [
        "CREATE",
        set(`c.${z}`, {
          SetIdentifier: "a",
          CidrRoutingConfig: { CollectionId: "nothere", LocationName: "*" },
        }),
      ],
    ],
    [/but CIDR collection nothere does not exist$/],
  ],
  [
    "alias out of the zone",
    [["CREATE", set(`al.${z}`, alias(zone, "a.other.test"))]],
    [
      `Tried to create an alias that targets a.other.test., type A in zone ${zone}, but the ` +
        "alias target name does not lie within the target zone",
      `Tried to create an alias that targets a.other.test., type A in zone ${zone}, but that ` +
        "target was not found",
    ],
  ],
  [
    "alias to another hosted zone",
    [["CREATE", set(`al.${z}`, alias(otherZone, "other.test"))]],
    [
      `Tried to create an alias that targets other.test., type A in zone ${otherZone}, but the ` +
        "alias target name does not lie within the target zone",
      `Tried to create an alias that targets other.test., type A in zone ${otherZone}, but that ` +
        "target was not found",
    ],
  ],
  [
    "alias to nothing",
    [["CREATE", set(`al.${z}`, alias(zone, `none.${z}`))]],
    [
      `Tried to create an alias that targets none.z.test., type A in zone ${zone}, but that ` +
        "target was not found",
    ],
  ],
  [
    "alias to another type",
    [["CREATE", set(`al.${z}`, { Type: "AAAA", ...alias(zone, `here.${z}`) })]],
    [/type AAAA in zone \w+, but that target was not found$/],
  ],
  [
    "alias to itself",
    [["CREATE", set(`al.${z}`, alias(zone, `al.${z}`))]],
    [/but that target was not found$/],
  ],
  [
    "aliases in a ring",
    [
      ["CREATE", set(`ring1.${z}`, alias(zone, `ring2.${z}`))],
      ["CREATE", set(`ring2.${z}`, alias(zone, `ring1.${z}`))],
    ],
    [/leads back to the alias$/, /leads back to the alias$/],
  ],
  [
    "alias to a CNAME at the apex",
    [["CREATE", set(z, { Type: "CNAME", ...alias(zone, `cname.${z}`) })]],
    ["RRSet of type CNAME with DNS name z.test. is not permitted at apex in zone z.test."],
  ],
  [
    "alias of type NS",
    [["CREATE", set(`al.${z}`, { Type: "NS", ...alias(zone, z) })]],
    ["RRSet of type NS with DNS name al.z.test. is not permitted as an alias."],
  ],
  [
    "values that are none",
    [
      ["CREATE", set(`v1.${z}`, values("not an address"))],
      ["CREATE", set(`v2.${z}`, values("1.2.3"))],
      ["CREATE", set(`v3.${z}`, { Type: "AAAA", ...values("192.0.2.1") })],
      ["CREATE", set(`v4.${z}`, { Type: "TXT", ...values("plain") })],
      ["CREATE", set(`v5.${z}`, { Type: "TXT", ...values(`"${"x".repeat(256)}"`) })],
      ["CREATE", set(`v6.${z}`, { Type: "MX", ...values("10 a..b") })],
    ],
    [
      "Invalid Resource Record: 'FATAL problem: ARRDATANotSingleField (Value contains spaces) " +
        "encountered with 'not an address''",
      "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid " +
        "IPv4 address) encountered with '1.2.3''",
      "Invalid Resource Record: 'FATAL problem: AAAARRDATAIllegalIPv6Address (Value is not a " +
        "valid IPv6 address) encountered with '192.0.2.1''",
      "Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed " +
        "in quotation marks) encountered with 'plain''",
      /^Invalid Resource Record: 'FATAL problem: CharacterStringTooLong \(Value is too long\) /,
      "Invalid Resource Record: 'FATAL problem: DomainLabelEmpty (Domain label is empty) " +
        "encountered with '10 a..b''",
    ],
  ],
  [
    "the same value twice",
    [["CREATE", set(`dup.${z}`, values("192.0.2.1", "192.0.2.1"))]],
    ["Duplicate Resource Record: '192.0.2.1'"],
  ],
  [
    "two targets of a CNAME",
    [["CREATE", set(`two.${z}`, { Type: "CNAME", ...values("a.test", "b.test") })]],
    [/must have exactly one value\.$/],
  ],
  [
    "a name with a space",
    [["CREATE", set(`a b.${z}`)]],
    [
      "FATAL problem: UnsupportedCharacter (Value contains unsupported characters) " +
        "encountered with ' '",
    ],
  ],
  [
    "a name with an empty label",
    [["CREATE", set(`a..${z}`)]],
    [`FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..${z}'`],
  ],
  [
    "more than 1000 records, UPSERT counting twice",
    Array.from({ length: 501 }, (_, i): Step => ["UPSERT", set(`n${i}.${z}`)]),
    ["Number of records limit of 1000 exceeded."],
  ],
  [
    "more than 32000 characters",
    Array.from({ length: 10 }, (_, i): Step => {
      const text = values(Array.from({ length: 16 }, () => `"${"x".repeat(200)}"`).join(" "));
      return ["CREATE", set(`n${i}.${z}`, { Type: "TXT", ...text })];
    }),
    ["Number of characters limit of 32000 exceeded."],
  ],
];

test("ChangeResourceRecordSets refuses a batch with all that is wrong, and changes nothing", async (t) => {
  const apex = await route53.call("ListResourceRecordSets", { HostedZoneId: zone, MaxItems: 2 });
  for (const [what, steps, messages] of refused) {
    await t.test(what, async () => {
      const before = route53.state.head(`zone/${zone}`);
      const withApex = steps.map(([action, given]): Step => {
        const whole = apex.ResourceRecordSets?.find(
          ({ Name, Type }) =>
            action === "DELETE" && Name === `${given.Name}.` && Type === given.Type,
        );
        return [action, whole ? (whole as Step[1]) : given];
      });
      const error = await refusal(route53, zone, ...withApex);
      assert.equal(error.code, "InvalidChangeBatch");
      const got = error.extra["messages"] as string[];
      assert.equal(got.length, messages.length, got.join("\n"));
      for (const [i, message] of messages.entries()) {
        if (message instanceof RegExp) assert.match(got[i] ?? "", message);
        else assert.equal(got[i], message);
      }
      assert.equal(error.message, `[${got.join(", ")}]`);
      assert.equal(route53.state.head(`zone/${zone}`), before);
    });
  }
});

const where = "in Change with [Action=CREATE, Name=x.z.test, Type=A";
const routings =
  "[Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or " +
  "CidrRoutingConfig]";

/** Fields that do not go together: InvalidInput, not InvalidChangeBatch. */
const misfits: [string, Partial<ResourceRecordSet>, string][] = [
  [
    "no values and no alias",
    { TTL: undefined, ResourceRecords: undefined },
    "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or " +
      `TrafficPolicyInstanceId], but found none ${where}, SetIdentifier=null]`,
  ],
  [
    "values without a TTL",
    { TTL: undefined },
    "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or " +
      `TrafficPolicyInstanceId], but found none ${where}, SetIdentifier=null]`,
  ],
  [
    "values and an alias",
    { TTL: 60, ...values("192.0.2.1"), ...alias(zone, `here.${z}`) },
    "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or " +
      `TrafficPolicyInstanceId], but found more than one ${where}, SetIdentifier=null]`,
  ],
  ["a weight alone", { Weight: 1 }, `Missing field 'SetIdentifier' ${where}, SetIdentifier=null]`],
  [
    "an identifier alone",
    { SetIdentifier: "one" },
    `Expected exactly one of ${routings}, but found none ${where}, SetIdentifier=one]`,
  ],
  [
    "an identifier and no multivalue answer",
    { SetIdentifier: "one", MultiValueAnswer: false },
    `Expected exactly one of ${routings}, but found none ${where}, SetIdentifier=one]`,
  ],
  [
    "two policies",
    { SetIdentifier: "one", Weight: 1, Region: "us-east-1" },
    `Expected exactly one of ${routings}, but found more than one ${where}, SetIdentifier=one]`,
  ],
  [
    "a continent and a country",
    { SetIdentifier: "one", GeoLocation: { ContinentCode: "EU", CountryCode: "DE" } },
    "Expected exactly one of [ContinentCode, or CountryCode], but found more than one " +
      `${where}, SetIdentifier=one]`,
  ],
  [
    "a state without its country",
    { SetIdentifier: "one", GeoLocation: { SubdivisionCode: "CA" } },
    `Missing field 'CountryCode' ${where}, SetIdentifier=one]`,
  ],
  [
    "a place that is none",
    { SetIdentifier: "one", GeoLocation: { CountryCode: "DE", SubdivisionCode: "BY" } },
    `Unsupported GeoLocation 'DE-BY' ${where}, SetIdentifier=one]`,
  ],
  [
    "a region and coordinates",
    {
      SetIdentifier: "one",
      GeoProximityLocation: {
        AWSRegion: "us-east-1",
        Coordinates: { Latitude: "1", Longitude: "2" },
      },
    },
    "Expected exactly one of [AWSRegion, LocalZoneGroup, or Coordinates], but found more than " +
      `one ${where}, SetIdentifier=one]`,
  ],
  [
    "coordinates off the earth",
    {
      SetIdentifier: "one",
      GeoProximityLocation: { Coordinates: { Latitude: "90.5", Longitude: "2" } },
    },
    `Coordinates out of range ${where}, SetIdentifier=one]`,
  ],
];

test("ChangeResourceRecordSets refuses fields that do not go together as InvalidInput", async (t) => {
  for (const [what, more, message] of misfits) {
    await t.test(what, async () => {
      const error = await refusal(route53, zone, ["CREATE", set(`x.${z}`, more)]);
      assert.equal(error.code, "InvalidInput");
      assert.equal(error.message, `Invalid request: ${message}`);
    });
  }
});
