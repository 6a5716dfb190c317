import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";

import fc from "fast-check";

import {
  NameServerUnderTest,
  apexRecords,
  imageOf,
  messageText,
  rrsetsOf,
} from "../../../test/support/zone-under-test.ts";
import { parseName } from "../../dns/wire/name.ts";
import type { ImageRRset } from "./image-rrset.ts";
import { HEADER } from "./layout.ts";
import { compactZoneImage, patchZoneImage } from "./patch-zone-image.ts";
import { buildZoneImage } from "./zone-image-builder.ts";
import { ImageError, type ZoneImage } from "./zone-image.ts";

const apexText = "z.test.";
const apex = parseName(apexText);

function setsOf(text: string): ImageRRset[] {
  return rrsetsOf(apexText, text);
}

function serving(image: ZoneImage): NameServerUnderTest {
  const server = new NameServerUnderTest();
  server.zones.set(1, image);
  return server;
}

function answers(server: NameServerUnderTest, names: readonly string[]): string[] {
  return names.flatMap((name) =>
    ["A", "TXT", "NS", "DS"].map(
      (type) => `${name} ${type}: ${messageText(server.ask(name, type)).join("; ")}`,
    ),
  );
}

/** What an owner may have, as records of the owner `@OWNER@`. */
const contents = [
  "",
  "",
  "@OWNER@ A 192.0.2.1",
  "@OWNER@ A 192.0.2.2\n@OWNER@ A 192.0.2.3\n@OWNER@ TXT x",
  "@OWNER@ CNAME a",
  "@OWNER@ NS ns.a\n@OWNER@ NS a.b",
  "@OWNER@ DNAME c",
] as const;

const labels = ["a", "b", "*"];
const owners = [
  ...labels,
  ...labels.flatMap((one) => labels.map((two) => `${one}.${two}`)),
  "a.a.a",
  "*.a.b",
  "a.*.a",
  "b.a.b",
  "ns.a",
];
const asked = [...owners, "d", "d.a", "d.a.a", "d.d.b", "d.*.a", "d.ns.a", "e.d.c"].map(
  (owner) => `${owner}.${apexText}`,
);

/** A zone as the control plane would know it: what each owner has. */
class ModelZone {
  readonly contents = new Map<string, string>([["@", apexRecords]]);

  setsAt(owner: string): ImageRRset[] {
    return setsOf((this.contents.get(owner) ?? "").replaceAll("@OWNER@", owner));
  }

  build(): ZoneImage {
    const sets = [...this.contents.keys()].flatMap((owner) => this.setsAt(owner));
    return buildZoneImage(apex, sets);
  }
}

describe("patchZoneImage()", () => {
  it("leaves the answers of an image built anew, whatever the changes", () => {
    const change = fc.tuple(fc.constantFrom(...owners), fc.constantFrom(...contents));
    const nodes = (of: ZoneImage) => new Int32Array(of.buffer)[HEADER.nodeCount];
    let patched = 0;
    let rebuilt = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 5, maxLength: 25 }), (changes) => {
        const model = new ModelZone();
        let image = model.build();
        for (const [owner, content] of changes) {
          model.contents.set(owner, content);
          const name = parseName(owner, apex);
          const isDone =
            patchZoneImage(image, name, model.setsAt(owner)) ||
            patchZoneImage((image = compactZoneImage(image)), name, model.setsAt(owner));
          if (isDone) patched++;
          else rebuilt++;
          const fresh = model.build();
          if (!isDone) image = fresh;
          assert.equal(nodes(image), nodes(fresh), `after ${owner}`);
        }
        assert.deepEqual(answers(serving(image), asked), answers(serving(model.build()), asked));
      }),
      { numRuns: 100 },
    );
    assert.ok(patched > rebuilt, `${patched} patched, ${rebuilt} rebuilt`);
  });

  it("goes on for as long as there is room, and again once compacted", () => {
    let image = imageOf(apexText, apexRecords, { expectedNames: 2_000 });
    let compacted = 0;
    for (let i = 0; i < 20_000; i++) {
      const owner = parseName(`h${i % 10}`, apex);
      const sets = i % 3 === 0 ? [] : setsOf(`h${i % 10} 60 A 10.0.${i >> 8}.${i & 255}`);
      if (patchZoneImage(image, owner, sets)) continue;
      image = compactZoneImage(image);
      compacted++;
      assert.ok(patchZoneImage(image, owner, sets));
    }
    assert.ok(compacted > 0 && compacted < 5_000, `${compacted}`);
    assert.deepEqual(messageText(serving(image).ask(`h9.${apexText}`, "A")).slice(1), [
      `answer h9.${apexText} 60 A 10.0.78.31`,
    ]);
  });

  it("changes the apex in place, and keeps its SOA", () => {
    const image = imageOf(apexText, apexRecords);
    const big = compactZoneImage(image);
    assert.ok(patchZoneImage(big, apex, setsOf("@ 60 SOA a. b. 2 1 1 1 30\n@ 60 A 192.0.2.9\n")));
    assert.deepEqual(messageText(serving(big).ask(apexText, "A")).slice(1), [
      `answer ${apexText} 60 A 192.0.2.9`,
    ]);
    assert.deepEqual(messageText(serving(big).ask(`x.${apexText}`, "A")), [
      "3 qr aa rd",
      `authority ${apexText} 30 SOA a. b. 2 1 1 1 30`,
    ]);
    assert.throws(() => patchZoneImage(big, apex, []), ImageError);
  });

  it("refuses to hide or uncover names in place", () => {
    const text = `${apexRecords}x.sub A 192.0.2.1\ncut NS ns.test.\nx.cut A 192.0.2.1\n`;
    const image = imageOf(apexText, text);
    for (const [owner, records] of [
      ["sub", "sub NS ns.test."],
      ["sub", "sub DNAME other"],
      ["cut", "cut A 192.0.2.1"],
      ["cut", ""],
    ] as const) {
      assert.equal(patchZoneImage(image, parseName(owner, apex), setsOf(records)), false);
    }
    assert.deepEqual(
      answers(serving(image), asked),
      answers(serving(imageOf(apexText, text)), asked),
    );
  });

  it("throws and changes nothing where a set is refused", () => {
    const image = imageOf(apexText, `${apexRecords}a 60 A 192.0.2.1\n`);
    const before = new Uint8Array(image.buffer).slice();
    const sets = setsOf("a A 192.0.2.1\na CNAME b\n");
    assert.throws(() => patchZoneImage(image, parseName("a", apex), sets), ImageError);
    assert.throws(() => patchZoneImage(image, parseName("a.other."), []), ImageError);
    assert.ok(Buffer.from(before).equals(Buffer.from(new Uint8Array(image.buffer))));
  });

  it("shows a reader on another thread each set whole, old or new", async () => {
    const image = imageOf(apexText, `${apexRecords}x.ent A 10.0.0.0\nx.ent A 10.1.0.0\n`, {
      expectedNames: 100_000,
    });
    const server = serving(image);
    const worker = new Worker(
      new URL("../../../test/support/patching-worker.ts", import.meta.url),
      {
        workerData: { buffer: image.buffer, owner: parseName("x.ent", apex) },
      },
    );
    let isRunning = true;
    const patches = new Promise<number>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    }).finally(() => (isRunning = false));
    let changes = 0;
    let last = "";
    while (isRunning) {
      for (let i = 0; i < 500; i++) {
        const { rcode, answer } = server.ask(`x.ent.${apexText}`, "A");
        const values = answer.map(({ rdata }) => `${rdata[2]}.${rdata[3]}`);
        assert.ok(rcode === 3 ? values.length === 0 : values.length === 2, `rcode ${rcode}`);
        assert.equal(values[0], values[1]);
        if (values[0] !== last) changes++;
        last = values[0] ?? "";
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok((await patches) > 1_000);
    assert.ok(changes > 10, `${changes} changes seen`);
  });
});

describe("compactZoneImage()", () => {
  it("leaves out what is dead and answers the same", () => {
    const text = `${apexRecords}a A 192.0.2.1\nb.c A 192.0.2.2\ncut NS x.cut\nx.cut A 192.0.2.3\n`;
    const image = imageOf(apexText, text, { expectedNames: 10_000 });
    for (let i = 0; i < 50; i++) {
      const owner = parseName("a", apex);
      if (!patchZoneImage(image, owner, setsOf(`a 60 A 192.0.2.${i}`))) break;
    }
    const copy = compactZoneImage(image);
    assert.ok(copy.buffer.byteLength <= image.buffer.byteLength);
    assert.deepEqual(answers(serving(copy), asked), answers(serving(image), asked));
  });
});
