import assert from "node:assert/strict";
import { test } from "node:test";
import { importFindingsMax } from "../../base/limits.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import { MasterFileImport } from "./master-file-import.ts";

const ownSets: ResourceRecordSet[] = [
  { name: "example.com.", type: "NS", ttl: 172800, resourceRecords: ["ns-1.own.internal."] },
  {
    name: "example.com.",
    type: "SOA",
    ttl: 900,
    resourceRecords: ["ns-1.own.internal. hostmaster.own.internal. 1 7200 900 1209600 86400"],
  },
];

function importText(text: string) {
  const file = new MasterFileImport({ zoneName: "example.com.", ownSets });
  file.push(Buffer.from(text));
  file.end();
  const rrsets = [...file.rrsets()];
  file.close();
  return { rrsets, refused: file.refused.toFindings(), warnings: file.warnings.toFindings() };
}

/** `www.example.com. 300 A 192.0.2.1,192.0.2.2` */
function texts(rrsets: readonly ResourceRecordSet[]): string[] {
  return rrsets.map(({ name, ttl, type, resourceRecords = [] }) => {
    return `${name} ${ttl} ${type} ${resourceRecords.join(",")}`;
  });
}

const apex = `$TTL 300
@ SOA ns1 hostmaster 7 7200 900 1209600 300
@ NS ns1
`;

test("MasterFileImport brings scattered records together in list order", () => {
  const { rrsets, refused, warnings } = importText(`${apex}
www A 192.0.2.1
mail A 192.0.2.25
www AAAA 2001:db8::1
*.WWW TXT "a b" "\\195\\169"
www A 192.0.2.2
a-b A 192.0.2.3
x.a A 192.0.2.4
a\\.b A 192.0.2.5
d DNAME Example.NET.
t TYPE65280 \\# 2 abcd
`);
  assert.deepEqual(refused, { count: 0, lines: [] });
  assert.deepEqual(warnings, { count: 0, lines: [] });
  assert.deepEqual(texts(rrsets), [
    "example.com. 300 NS ns1.example.com.",
    "example.com. 300 SOA ns1.example.com. hostmaster.example.com. 7 7200 900 1209600 300",
    "a-b.example.com. 300 A 192.0.2.3",
    "x.a.example.com. 300 A 192.0.2.4",
    "a\\056b.example.com. 300 A 192.0.2.5",
    "d.example.com. 300 DNAME Example.NET.",
    "mail.example.com. 300 A 192.0.2.25",
    "t.example.com. 300 TYPE65280 \\# 2 ABCD",
    "www.example.com. 300 A 192.0.2.1,192.0.2.2",
    "www.example.com. 300 AAAA 2001:db8::1",
    '\\052.www.example.com. 300 TXT "a b" "\\303\\251"',
  ]);
});

test("MasterFileImport keeps the zone's own SOA and NS where the file has none", () => {
  const { rrsets, warnings } = importText("$TTL 60\nwww A 192.0.2.1\n");
  assert.deepEqual(rrsets.slice(0, 2), ownSets);
  assert.deepEqual(
    warnings.lines.map(({ message }) => message),
    [
      "the file has no NS of the zone: its own is kept",
      "the file has no SOA of the zone: its own is kept",
    ],
  );
  const withOne = importText("$TTL 60\n@ NS ns.example.net.\n");
  assert.deepEqual(texts(withOne.rrsets.slice(0, 1)), ["example.com. 60 NS ns.example.net."]);
  assert.deepEqual(withOne.rrsets[1], ownSets[1]);
});

test("MasterFileImport refuses, each with its line", async (t) => {
  const cases: readonly [what: string, records: string, line: number, message: RegExp][] = [
    ["a name outside", "www.example.net. A 192.0.2.1", 4, /^www\.example\.net\. is not in/],
    ["a second SOA", "@ SOA ns2 h 8 1 1 1 1", 4, /^second SOA of example\.com\.: .*line 2/],
    ["an SOA below", "sub SOA ns1 h 7 1 1 1 1", 4, /^SOA at sub\.example\.com\./],
    ["a CNAME with data", "a A 192.0.2.1\na CNAME b", 5, /^CNAME of a\.example\.com\. stands/],
    ["two CNAMEs", "a CNAME b\na CNAME c", 5, /^second CNAME of a\.example\.com\./],
    ["two DNAMEs", "a DNAME b\na DNAME c", 5, /^second DNAME of a\.example\.com\./],
    ["a CNAME at the apex", "@ CNAME b", 4, /^CNAME at example\.com\./],
    ["another class", "a CH A 192.0.2.1", 4, /CH/],
    ["a query type", "a AXFR \\# 0", 4, /no type of records: AXFR/],
    ["OPT", "a TYPE41 \\# 0", 4, /no type of records: TYPE41/],
    ["bad RDATA", "a A 192.0.2.256", 4, /192\.0\.2\.256|IPv4/],
    ["an unknown type", "a QQQ 1", 4, /QQQ/],
    ["$INCLUDE", "$INCLUDE other.zone", 4, /\$INCLUDE/],
    [
      "a name too large",
      [1, 2, 3].map((i) => largeSet(220, `TYPE6528${i}`)).join("\n"),
      4,
      /660 rec/,
    ],
    ["a set too large", largeSet(300), 4, /300 records of \d+ octets, limit 65000/],
  ];
  for (const [what, records, line, message] of cases) {
    await t.test(what, () => {
      const { refused } = importText(`${apex}${records}\n`);
      assert.equal(refused.count, 1, JSON.stringify(refused));
      assert.equal(refused.lines[0]?.line, line);
      assert.match(refused.lines[0]?.message ?? "", message);
    });
  }
});

function largeSet(count: number, type = "TXT"): string {
  const hex = (i: number) => i.toString(16).padStart(4, "0") + "00".repeat(250);
  const rdata = (i: number) => (type === "TXT" ? `"${i} ${"x".repeat(240)}"` : `\\# 252 ${hex(i)}`);
  return Array.from({ length: count }, (_, i) => `a ${type} ${rdata(i)}`).join("\n");
}

test("MasterFileImport warns of what it does otherwise than the file says", async (t) => {
  const cases: readonly [what: string, records: string, line: number, message: RegExp][] = [
    ["a repeated record", "a NS B\na NS b.EXAMPLE.com.", 5, /repeats line 4/],
    ["TTLs that differ", "a 60 A 192.0.2.1\na 30 A 192.0.2.2", 5, /: 30 is used$/],
    ["names below a DNAME", "a DNAME b.test.\nx.a A 192.0.2.1", 5, /below the DNAME of a\./],
    ["signatures", "a NSEC b A NSEC\nb NSEC a A NSEC", 4, /^2 DNSSEC records/],
  ];
  for (const [what, records, line, message] of cases) {
    await t.test(what, () => {
      const { refused, warnings } = importText(`${apex}${records}\n`);
      assert.equal(refused.count, 0, JSON.stringify(refused));
      assert.equal(warnings.count, 1, JSON.stringify(warnings));
      assert.equal(warnings.lines[0]?.line, line);
      assert.match(warnings.lines[0]?.message ?? "", message);
    });
  }
});

test("MasterFileImport reports all faults of a file, the first lines in full", () => {
  const outside = Array.from({ length: 150 }, (_, i) => `n${i}.example.net. A 192.0.2.1`);
  const { refused } = importText(`${apex}a CNAME b\na A 192.0.2.1\n${outside.join("\n")}\n`);
  assert.equal(refused.count, 151);
  assert.equal(refused.lines.length, importFindingsMax);
  assert.deepEqual(
    refused.lines.slice(0, 3).map(({ line }) => line),
    [4, 6, 7],
  );
});

test("MasterFileImport refuses a file without records", () => {
  assert.match(importText("; nothing\n").refused.lines[0]?.message ?? "", /^no record of example/);
});
