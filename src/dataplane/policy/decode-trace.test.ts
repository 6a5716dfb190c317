import assert from "node:assert/strict";
import { test } from "node:test";
import { RoutedZone, alias, branch } from "../../../test/support/routed-zone.ts";
import type { Zone } from "../../../test/support/routed-zone.ts";
import { present } from "../../base/assert.ts";
import { formatName } from "../../dns/wire/name.ts";
import { decodeTrace } from "./decode-trace.ts";
import type { RoutingNode } from "./routing-tree.ts";
import { TraceBuffer } from "./trace-buffer.ts";

const newYork = "1.3.2.0/24";
const geolocation: RoutingNode = {
  kind: "geolocation",
  branches: [
    branch(1, { place: "default" as const }, 1),
    branch(2, { place: { continent: "NA" } }, 2),
    branch(3, { place: { country: "US" } }, 3),
    branch(4, { place: { country: "US", subdivision: "NY" } }, 4),
    branch(5, { place: { country: "KR" } }, 5),
  ],
};
const places = {
  virginia: { latitude: 39.04, longitude: -77.49 },
  frankfurt: { latitude: 50.11, longitude: 8.68 },
  seoul: { latitude: 37.57, longitude: 126.98 },
};
const latency: RoutingNode = {
  kind: "latency",
  branches: [
    branch(1, { ...places.virginia, region: "us-east-1" }, 1),
    branch(2, { ...places.frankfurt, region: "eu-central-1" }, 2),
    branch(3, { ...places.seoul, region: "ap-northeast-2" }, 3),
  ],
};

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
