import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { formatName, lowerName } from "../../src/dns/wire/name.ts";
import { typeToText } from "../../src/dns/wire/registries.ts";
import { recordsOf } from "./hard-records.ts";
import { bind } from "./peers/bind.ts";
import { peerVersion } from "./peers/peer.ts";
import { hardZones } from "./zone-files.ts";
import { ownersOf } from "./zone-owners.ts";

const missing = peerVersion(bind) === undefined;
const skip =
  missing && process.env["CI"] !== "true" ? "missing: bind (tools/install-test-peers)" : false;

describe("ZoneFileReader reads the names and types that BIND reads", { skip }, () => {
  for (const zone of hardZones()) {
    it(zone.origin, () => {
      const ours = recordsOf(zone).map(({ owner, type }) => setText(owner, type));
      const theirs = ownersOf(zone).flatMap(({ name, types }) =>
        types.map((type) => setText(name, type)),
      );
      assert.deepEqual([...new Set(ours)].sort(), theirs.sort());
    });
  }
});

function setText(name: Uint8Array, type: number): string {
  return `${formatName(lowerName(name))} ${typeToText(type)}`;
}
