import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { hardZones } from "../../../test/differential/zone-files.ts";
import { label, nameOfLabels } from "../../../test/support/dns-arbitraries.ts";
import { testWith } from "../../../test/support/peers.ts";
import { manualClock } from "../../base/clock.ts";
import { exportTimeMaxMs } from "../../base/limits.ts";
import { formatRdata } from "../../dns/rdata/rdata.ts";
import { formatName, parseName } from "../../dns/wire/name.ts";
import { TYPE, typeToText } from "../../dns/wire/registries.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import { normaliseName } from "../model/route53-name.ts";
import type { StateReader } from "../state/state-reader.ts";
import { exportZone } from "./export-zone.ts";
import { MasterFileImport } from "./master-file-import.ts";

/** A reader of one zone's sets, as far as exports need one. */
function readerOf(rrsets: readonly ResourceRecordSet[]): StateReader {
  const reader: Partial<StateReader> = {
    eachRRset: () => rrsets,
    read: (f) => f(),
    close: () => {},
  };
  return reader as StateReader;
}

async function exported(zoneName: string, rrsets: readonly ResourceRecordSet[]): Promise<string> {
  const clock = manualClock(0);
  const pieces = exportZone({ openReader: () => readerOf(rrsets), clock, zoneId: "Z1", zoneName });
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

function imported(zoneName: string, text: string): ResourceRecordSet[] {
  const file = new MasterFileImport({ zoneName, ownSets: [] });
  file.push(Buffer.from(text, "latin1"));
  file.end();
  const rrsets = [...file.rrsets()];
  file.close();
  assert.deepEqual(file.refused.toFindings().lines, []);
  return rrsets;
}

const soa = "ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 300";
const apexSets: ResourceRecordSet[] = [
  { name: "example.com.", type: "A", ttl: 60, resourceRecords: ["192.0.2.1"] },
  { name: "example.com.", type: "NS", ttl: 172800, resourceRecords: ["ns1.example.com."] },
  { name: "example.com.", type: "SOA", ttl: 900, resourceRecords: [soa] },
];

test("exportZone() writes SOA and NS first, and says what a master file cannot", async () => {
  const text = await exported("example.com.", [
    ...apexSets,
    { name: "\\052.example.com.", type: "TXT", ttl: 5, resourceRecords: ['"a" "\\303\\251"'] },
    {
      name: "alias.example.com.",
      type: "A",
      aliasTarget: { hostedZoneId: "Z1", dnsName: "example.com.", evaluateTargetHealth: true },
    },
    {
      name: "routed.example.com.",
      type: "A",
      setIdentifier: "one\ntwo",
      weight: 3,
      ttl: 60,
      resourceRecords: ["192.0.2.7"],
    },
    { name: "policy.example.com.", type: "A", trafficPolicyInstanceId: "instance" },
  ]);
  assert.deepEqual(text.split("\n"), [
    "$ORIGIN example.com.",
    `example.com.\t900\tIN\tSOA\t${soa}`,
    "example.com.\t172800\tIN\tNS\tns1.example.com.",
    "example.com.\t60\tIN\tA\t192.0.2.1",
    '*.example.com.\t5\tIN\tTXT\t"a" "\\195\\169"',
    "; alias: alias.example.com. A = example.com. of Z1, by its health",
    '; routed: routed.example.com. 60 A 192.0.2.7 {"setIdentifier":"one\\ntwo","weight":3}',
    '; routed: policy.example.com. A {"trafficPolicyInstanceId":"instance"}',
    "; not in this file, see the comments above: 1 alias and 2 routed sets",
    "",
  ]);
});

test("exportZone() ends where the receiver is too slow", async () => {
  const clock = manualClock(0);
  const rrsets = Array.from({ length: 5_000 }, (_, i) => {
    const values = { ttl: 60, resourceRecords: ["192.0.2.1"] };
    return { name: `n${i}.example.com.`, type: "A", ...values };
  });
  let isClosed = false;
  const reader = { ...readerOf(rrsets), close: () => void (isClosed = true) };
  const job = { openReader: () => reader, clock, zoneId: "Z1", zoneName: "example.com." };
  await assert.rejects(
    async () => {
      for await (const piece of exportZone(job)) clock.advanceMs(exportTimeMaxMs + piece.length);
    },
    { name: "TransferError", code: "ExportTooSlow" },
  );
  assert.ok(isClosed);
});

const rdata = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((octets) => ({ type: TYPE.A, octets })),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((octets) => ({ type: TYPE.AAAA, octets })),
  fc
    .array(fc.uint8Array({ maxLength: 255 }), { minLength: 1, maxLength: 3 })
    .map((strings) => strings.flatMap((string) => [string.length, ...string]))
    .map((octets) => ({ type: TYPE.TXT, octets: Uint8Array.from(octets) })),
  fc
    .array(label, { maxLength: 3 })
    .map((labels) => ({ type: TYPE.MX, octets: Uint8Array.from([0, 1, ...nameOfLabels(labels)]) })),
  fc.uint8Array({ maxLength: 40 }).map((octets) => ({ type: 65_300, octets })),
);

const record = fc.record({
  labels: fc.array(label, { maxLength: 2 }),
  ttl: fc.nat(0x7fffffff),
  rdata,
});

test("exportZone() and MasterFileImport undo each other", async () => {
  const zoneName = "odd\\056zone.test.";
  const apex = parseName(zoneName, { escapeRadix: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 20 }), async (records) => {
      const lines = records.map(({ labels, ttl, rdata: { type, octets } }) => {
        const owner = nameOfLabels(labels).slice(0, -1);
        const name = formatName(Uint8Array.from([...owner, ...apex]));
        return `${name} ${ttl} ${typeToText(type)} ${formatRdata(type, octets)}\n`;
      });
      const rrsets = imported(zoneName, `@ 60 SOA a. b. 1 2 3 4 5\n${lines.join("")}`);
      const text = await exported(zoneName, rrsets);
      assert.deepEqual(imported(zoneName, text), rrsets);
      assert.equal(await exported(zoneName, imported(zoneName, text)), text);
    }),
    { numRuns: 200 },
  );
});

test("exportZone() and MasterFileImport undo each other on the zones made to be hard", async (t) => {
  for (const { origin, file } of hardZones()) {
    await t.test(origin, async () => {
      const zoneName = normaliseName(origin);
      const rrsets = imported(zoneName, readFileSync(file, "latin1"));
      assert.ok(rrsets.length > 0);
      assert.deepEqual(imported(zoneName, await exported(zoneName, rrsets)), rrsets);
    });
  }
});

const checkers = ["/usr/sbin/nsd-checkzone", "/usr/bin/named-checkzone", "/usr/sbin/knotc"];

testWith(checkers, "exportZone() writes what NSD, BIND and Knot load", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "signpost-export-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const everyOctet = Array.from({ length: 256 }, (_, octet) => {
    const escape = `\\${String(octet).padStart(3, "0")}`;
    return `${escape} A 192.0.2.1\nt${octet} TXT "${escape}"\nm${octet} MX 0 ${escape}x\n`;
  });
  const octets = join(folder, "octets.zone");
  writeFileSync(octets, `$TTL 60\n@ SOA a. b. 1 2 3 4 5\n@ NS a.\n${everyOctet.join("")}`);
  for (const { origin, file } of [...hardZones(), { origin: "octets.test.", file: octets }]) {
    await t.test(origin, async () => {
      const zoneName = normaliseName(origin);
      const path = join(folder, "exported.zone");
      writeFileSync(
        path,
        await exported(zoneName, imported(zoneName, readFileSync(file, "latin1"))),
      );
      execFileSync(checkers[0] as string, [origin, path]);
      const lenient = [
        "-i",
        "none",
        "-k",
        "ignore",
        "-m",
        "ignore",
        "-M",
        "ignore",
        "-S",
        "ignore",
      ];
      execFileSync(checkers[1] as string, [...lenient, origin, path]);
      const config = join(folder, "knot.conf");
      const knotName = origin.toLowerCase();
      writeFileSync(config, knotConfig(folder, knotName, path));
      execFileSync(checkers[2] as string, ["-c", config, "zone-check", knotName], {
        stdio: "pipe",
      });
    });
  }
});

function knotConfig(folder: string, origin: string, path: string): string {
  const zone = `zone:\n  - domain: "${origin}"\n    file: "${path}"\n    semantic-checks: off\n`;
  return `database:\n  storage: "${folder}"\n${zone}`;
}
