import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { NameServerUnderTest, messageText } from "../../../test/support/zone-under-test.ts";
import { chainLengthMax } from "../../base/limits.ts";
import { parseName } from "../../dns/wire/name.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import type { ImageRRset } from "../image/image-rrset.ts";
import { buildZoneImage } from "../image/zone-image-builder.ts";
import { COUNTER } from "../nameserver/query-counters.ts";
import { routedSet } from "./encode-program.ts";
import type { Branch, RoutingNode } from "./routing-tree.ts";

const apex = parseName("z.test.");
const drawCount = 6_000;

function name(text: string): Uint8Array {
  return parseName(text, apex);
}

function address(last: number): Uint8Array {
  return Uint8Array.of(192, 0, 2, last);
}

function alias(target: string, type: number = TYPE.A, evaluateTargetHealth = false): RoutingNode {
  return { kind: "alias", target: { owner: name(target), type }, evaluateTargetHealth };
}

function records(last: number, ttl = last): RoutingNode {
  return { kind: "records", ttl, rdatas: [address(last)] };
}

type Weighted = Branch<{ weight: number }>;

function choice(weight: number, last: number): Weighted {
  return { label: String(last), weight, node: records(last) };
}

function weighted(owner: string, branches: readonly Weighted[]): ImageRRset {
  return routedSet(name(owner), a, { kind: "weighted", branches });
}

function aliasSet(owner: string, target: string, type: number = TYPE.A): ImageRRset {
  return routedSet(name(owner), type, alias(target, type));
}

const soa: ImageRRset = {
  owner: apex,
  type: TYPE.SOA,
  ttl: 60,
  rdatas: [Uint8Array.of(0, 0, ...new Uint8Array(20))],
};

function serving(...sets: ImageRRset[]): NameServerUnderTest {
  const server = new NameServerUnderTest();
  server.zones.set(1, buildZoneImage(apex, [soa, ...sets]));
  return server;
}

const a = TYPE.A;
const noData = ["0 qr aa rd", "authority z.test. 0 SOA . . 0 0 0 0 0"];

/** Answers of many queries: values, comma-separated, and how often each came. */
function drawn(server: NameServerUnderTest, owner: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < drawCount; i++) {
    const { answer } = server.ask(owner, "A");
    const values = answer.map(({ rdata }) => rdata[3] as number).sort((x, y) => x - y);
    counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1);
  }
  return counts;
}

function near(actual: number | undefined, share: number): void {
  const expected = drawCount * share;
  assert.ok(
    Math.abs((actual ?? 0) - expected) < 5 * Math.sqrt(expected),
    `${actual}, expected about ${expected}`,
  );
}

describe("choose() aliases", () => {
  const server = serving(
    { owner: name("plain"), type: a, ttl: 77, rdatas: [address(1), address(2)] },
    aliasSet("alias", "Plain"),
    aliasSet("second", "alias"),
    routedSet(apex, a, alias("alias")),
    aliasSet("up", "@"),
    aliasSet("*.w", "plain"),
    aliasSet("missing", "nothing"),
    aliasSet("untyped", "plain", TYPE.AAAA),
    aliasSet("only-wild", "x.w"),
    { owner: name("c"), type: TYPE.CNAME, ttl: 5, rdatas: [name("plain")] },
    aliasSet("to-c", "c", TYPE.CNAME),
    aliasSet("loop", "pool"),
    aliasSet("pool", "loop"),
    ...Array.from({ length: chainLengthMax + 2 }, (_, i) => aliasSet(`l${i}`, `l${i + 1}`)),
    { owner: name(`l${chainLengthMax + 2}`), type: a, ttl: 1, rdatas: [address(9)] },
  );
  const both = (owner: string): string[] => [
    "0 qr aa rd",
    `answer ${owner} 77 A 192.0.2.1`,
    `answer ${owner} 77 A 192.0.2.2`,
  ];
  const cases: Record<string, string[]> = {
    "alias.z.test. A": both("alias.z.test."),
    "aLIAS.z.test. A": both("aLIAS.z.test."),
    "second.z.test. A": both("second.z.test."),
    "z.test. A": both("z.test."),
    "up.z.test. A": both("up.z.test."),
    "x.w.z.test. A": both("x.w.z.test."),
    "alias.z.test. ANY": both("alias.z.test."),
    "alias.z.test. CNAME": noData,
    "missing.z.test. A": noData,
    "missing.z.test. ANY": noData,
    "untyped.z.test. AAAA": noData,
    "only-wild.z.test. A": noData,
    "loop.z.test. A": noData,
    "to-c.z.test. A": [
      "0 qr aa rd",
      "answer plain.z.test. 77 A 192.0.2.1",
      "answer plain.z.test. 77 A 192.0.2.2",
      "answer to-c.z.test. 5 CNAME plain.z.test.",
    ],
    "l0.z.test. A": noData,
    "l2.z.test. A": ["0 qr aa rd", "answer l2.z.test. 1 A 192.0.2.9"],
  };
  for (const [question, expected] of Object.entries(cases)) {
    const [owner = "", type = ""] = question.split(" ");
    it(question, () => assert.deepEqual(messageText(server.ask(owner, type)), expected));
  }

  it("counts those given up", () => {
    const before = server.context.counters[COUNTER.chainsGivenUp] as number;
    server.ask("loop.z.test.", "A");
    assert.equal(server.context.counters[COUNTER.chainsGivenUp], before + 1);
  });
});

describe("choose() weights", () => {
  const server = serving(
    weighted("w", [choice(1, 1), choice(0, 2), choice(3, 3)]),
    weighted("zero", [choice(0, 1), choice(0, 2)]),
    weighted("one", [choice(0, 5)]),
    aliasSet("to-w", "w"),
    weighted("mixed", [choice(1, 4), { label: "w", weight: 1, node: alias("w") }]),
    weighted("top", [choice(255, 6), choice(255, 7)]),
  );

  it("draws by weight, each with its TTL", () => {
    const counts = drawn(server, "w.z.test.");
    near(counts.get("1"), 1 / 4);
    near(counts.get("3"), 3 / 4);
    assert.equal(counts.size, 2);
    const { answer } = server.ask("w.z.test.", "A");
    assert.equal(answer[0]?.ttl, answer[0]?.rdata[3]);
  });

  it("draws evenly where all are 0", () => {
    const counts = drawn(server, "zero.z.test.");
    near(counts.get("1"), 1 / 2);
    assert.deepEqual([...counts.keys()].sort(), ["1", "2"]);
    assert.deepEqual([...drawn(server, "one.z.test.").keys()], ["5"]);
  });

  it("draws again behind an alias", () => {
    near(drawn(server, "to-w.z.test.").get("3"), 3 / 4);
    const counts = drawn(server, "mixed.z.test.");
    near(counts.get("4"), 1 / 2);
    near(counts.get("1"), 1 / 8);
    near(drawn(server, "top.z.test.").get("6"), 1 / 2);
  });

  it("repeats itself for the same seed", () => {
    const values = [1, 2].map(() => {
      const again = serving(weighted("w", [choice(1, 1), choice(1, 2)]));
      return Array.from({ length: 50 }, () => again.ask("w.z.test.", "A").answer[0]?.rdata[3]);
    });
    assert.deepEqual(values[0], values[1]);
  });
});

describe("choose() multivalue answers", () => {
  const multivalue = (owner: string, count: number): ImageRRset => {
    const branches = Array.from({ length: count }, (_, i) => choice(0, i + 1));
    return routedSet(name(owner), a, { kind: "multivalue", limit: 8, branches });
  };
  const server = serving(multivalue("few", 3), multivalue("many", 20), aliasSet("to-many", "many"));

  it("gives all of eight or fewer", () => {
    assert.deepEqual([...drawn(server, "few.z.test.").keys()], ["1,2,3"]);
  });

  it("gives eight of more, each as often as any other", () => {
    const counts = new Map<number, number>();
    for (let i = 0; i < drawCount; i++) {
      const { answer } = server.ask(i % 2 === 0 ? "many.z.test." : "to-many.z.test.", "A");
      assert.equal(new Set(answer.map(({ rdata }) => rdata[3])).size, 8);
      for (const { rdata } of answer) {
        counts.set(rdata[3] as number, (counts.get(rdata[3] as number) ?? 0) + 1);
      }
    }
    for (let value = 1; value <= 20; value++) near(counts.get(value), 8 / 20);
  });
});
