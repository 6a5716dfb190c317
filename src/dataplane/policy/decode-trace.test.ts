import assert from "node:assert/strict";
import { test } from "node:test";
import { RoutedZone, alias, block, branch } from "../../../test/support/routed-zone.ts";
import type { Zone } from "../../../test/support/routed-zone.ts";
import { geolocation, latency, newYork } from "../../../test/support/routing-groups.ts";
import { present } from "../../base/assert.ts";
import { formatName } from "../../dns/wire/name.ts";
import { decodeTrace } from "./decode-trace.ts";
import type { TracedCandidate } from "./decode-trace.ts";
import { TraceBuffer } from "./trace-buffer.ts";

test("choose() answers alike with a trace and without", () => {
  const zone: Zone = {
    www: {
      kind: "weighted",
      branches: [
        { label: "near", weight: 2, healthSlot: 4, node: alias("near") },
        { label: "place", weight: 1, node: alias("place") },
      ],
    },
    near: latency,
    place: geolocation,
  };
  const plain = new RoutedZone(zone);
  const traced = new RoutedZone(zone);
  for (let i = 0; i < 300; i++) {
    for (const { status } of [plain, traced]) {
      for (let slot = 1; slot < 6; slot++) status.setHealthy(slot, (i * 7 + slot * 5) % 3 > 0);
    }
    traced.server.context.trace = new TraceBuffer();
    const client = `1.${i % 9}.1.0/24`;
    assert.equal(traced.ask(client), plain.ask(client), `query ${i}`);
  }
});

test("decodeTrace() tells what was looked at", () => {
  const served = new RoutedZone({
    www: { kind: "failover", branches: [branch(1, {}, 3), { label: "geo", node: alias("geo") }] },
    geo: geolocation,
  });
  served.status.setHealthy(3, false);
  served.server.context.trace = new TraceBuffer();
  assert.equal(served.ask(newYork), "4 /16");
  const { zone, trace } = served.server.context;
  const steps = decodeTrace(present(zone, "a zone"), present(trace, "a trace"));
  assert.deepEqual(
    steps.map((step) => (step.kind === "set" ? formatName(step.owner) : step.kind)),
    ["www.z.test.", "group", "alias", "geo.z.test.", "group", "records"],
  );
  const groups = steps.flatMap((step) => (step.kind === "group" ? [step] : []));
  const first = { ...present(groups[0], "a group") };
  const targets = first.candidates.map(({ target: { kind } }) => kind);
  assert.deepEqual(targets, ["records", "alias"]);
  const candidates = first.candidates.map(({ target: _, ...rest }) => rest);
  assert.deepEqual(
    { ...first, candidates },
    {
      kind: "group",
      policy: "failover",
      failMode: "open",
      isFailOpen: false,
      candidates: [
        {
          label: "1",
          healthSlot: 3,
          criterion: { kind: "order" },
          isCheckUp: false,
          isTargetHealthy: false,
          isEligible: true,
          isTaken: false,
        },
        {
          label: "geo",
          healthSlot: 0,
          criterion: { kind: "order" },
          isCheckUp: true,
          isTargetHealthy: true,
          isEligible: true,
          isTaken: true,
        },
      ],
    },
  );
  const told = groups[1]?.candidates.map(({ label, criterion, isEligible, isTaken }) => {
    return { label, criterion, isEligible, isTaken };
  });
  assert.deepEqual(told, [
    {
      label: "1",
      criterion: { kind: "place", place: "default" },
      isEligible: true,
      isTaken: false,
    },
    {
      label: "2",
      criterion: { kind: "place", place: { continent: "NA" } },
      isEligible: true,
      isTaken: false,
    },
    {
      label: "5",
      criterion: { kind: "place", place: { country: "KR" } },
      isEligible: false,
      isTaken: false,
    },
    {
      label: "3",
      criterion: { kind: "place", place: { country: "US" } },
      isEligible: true,
      isTaken: false,
    },
    {
      label: "4",
      criterion: { kind: "place", place: { country: "US", subdivision: "NY" } },
      isEligible: true,
      isTaken: true,
    },
  ]);
});

test("decodeTrace() tells of loads as they were drawn, also after a draw between equals", () => {
  const loads = [50, 40, 40, 40];
  const branches = loads.map((_, i) => branch(i, { loadSlot: i + 1, low: 20, high: 80 }, i + 1));
  const served = new RoutedZone({ www: { kind: "leastLoaded", branches } });
  loads.forEach((load, i) => served.status.setLoad(i + 1, load));
  served.status.setHealthy(2, false);
  let shedCount = 0;
  for (let i = 0; i < 2_000; i++) {
    served.server.context.trace = new TraceBuffer();
    served.ask();
    const { zone, trace } = served.server.context;
    const [, group] = decodeTrace(present(zone, "a zone"), present(trace, "a trace"));
    assert.ok(group?.kind === "group");
    const healthy = group.candidates.filter((one) => one.isCheckUp);
    const isShed = ({ criterion }: TracedCandidate) => "isShed" in criterion && criterion.isShed;
    const load = ({ criterion }: TracedCandidate) => ("load" in criterion ? criterion.load : -1);
    const taken = present(
      healthy.find((one) => one.isTaken),
      "one is taken",
    );
    const kept = healthy.filter((one) => !isShed(one));
    const preferred = kept.length > 0 ? kept : healthy;
    assert.ok(preferred.includes(taken), `query ${i}: it is not one that was shed`);
    assert.equal(load(taken), Math.min(...preferred.map(load)));
    if (isShed(taken)) shedCount++;
  }
  // All three of them are shed: ½ × ⅓ × ⅓.
  assert.ok(shedCount > 60 && shedCount < 170, `${shedCount}`);
});

test("decodeTrace() tells the block that a client is in", () => {
  const served = new RoutedZone({
    www: {
      kind: "cidr",
      branches: [
        branch(1, { blocks: [block("10.0.0.0/8"), block("10.1.2.0/24")] }),
        branch(2, { blocks: [block("10.1.0.0/16")] }),
        branch(3, { blocks: [block("192.0.2.0/24")] }),
        branch(4, { blocks: "default" as const }),
      ],
    },
  });
  served.server.context.trace = new TraceBuffer();
  served.ask("10.1.2.0/24");
  const { zone, trace } = served.server.context;
  const [, group] = decodeTrace(present(zone, "a zone"), present(trace, "a trace"));
  assert.ok(group?.kind === "group");
  assert.deepEqual(
    group.candidates.map(({ criterion }) => criterion),
    [24, 16, undefined, undefined].map((prefixLength, i) => {
      return { kind: "network", isDefault: i === 3, prefixLength };
    }),
  );
});
