import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRdata } from "../rdata/rdata.ts";
import { parseName } from "../wire/name.ts";
import { TYPE } from "../wire/registries.ts";
import { ZoneFileReader } from "./zone-file-reader.ts";
import { writeZoneFile } from "./zone-file-writer.ts";
import type { ZoneFileEntry } from "./zone-file-writer.ts";

const apex = parseName("example.org.");

function entry(owner: string, type: number, text: string): ZoneFileEntry {
  return { owner: parseName(owner, apex), ttl: 300, type, rdata: parseRdata(type, text, apex) };
}

const soa = entry("@", TYPE.SOA, "ns hostmaster 1 2 3 4 5");
const ns = entry("@", TYPE.NS, "ns");
const www = entry("www", TYPE.A, "192.0.2.1");

test("writeZoneFile() writes one record a line, the SOA first", () => {
  const odd = entry("a\\.b", 65_280, "\\# 1 ff");
  const generic = entry("x", TYPE.NULL, "\\# 0");
  const https = entry("h", TYPE.HTTPS, "1 . alpn=h2 ohttp");
  const text = [...writeZoneFile(apex, [ns, soa, www, odd, generic, https])].join("");
  assert.equal(
    text,
    `$ORIGIN example.org.
example.org.\t300\tIN\tSOA\tns.example.org. hostmaster.example.org. 1 2 3 4 5
example.org.\t300\tIN\tNS\tns.example.org.
www.example.org.\t300\tIN\tA\t192.0.2.1
a\\.b.example.org.\t300\tIN\tTYPE65280\t\\# 1 FF
x.example.org.\t300\tIN\tTYPE10\t\\# 0
h.example.org.\t300\tIN\tHTTPS\t1 . alpn="h2" key8
`,
  );
});

test("writeZoneFile() leaves the order alone where the apex does not come first", () => {
  const lines = (records: ZoneFileEntry[]) =>
    [...writeZoneFile(apex, records)].join("").trim().split("\n").slice(1);
  const types = (records: ZoneFileEntry[]) => lines(records).map((line) => line.split("\t")[3]);
  assert.deepEqual(types([www, ns, soa]), ["A", "NS", "SOA"]);
  assert.deepEqual(types([ns, www, soa]), ["NS", "A", "SOA"]);
  assert.deepEqual(types([ns]), ["NS"]);
  assert.deepEqual(types([]), []);
});

test("writeZoneFile() gives out a large zone in chunks that ZoneFileReader reads again", () => {
  const many = Array.from({ length: 6_000 }, (_, i) => entry(`h${i}`, TYPE.TXT, `"${i}"`));
  const chunks = [...writeZoneFile(apex, [soa, ...many])];
  assert.ok(chunks.length > 3 && chunks.every((chunk) => chunk.length < 70_000));
  const read: ZoneFileEntry[] = [];
  const reader = new ZoneFileReader({
    origin: parseName("elsewhere."),
    onRecord: ({ owner, ttl, type, rdata }) => read.push({ owner, ttl, type, rdata }),
    onError: ({ line, message }) => assert.fail(`${line}: ${message}`),
  });
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  assert.deepEqual(read, [soa, ...many]);
});
