import assert from "node:assert/strict";
import { test } from "node:test";

import { upstreamQuery } from "../../../test/support/upstream-messages.ts";
import { seededRandom } from "../../base/random.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import { equalNames, formatName } from "../../dns/wire/name.ts";
import { EDNS_OPTION } from "../../dns/wire/registries.ts";
import { encodeQuery, wireQueryOf } from "./wire-query.ts";

test("wireQueryOf() draws the case of each letter and of nothing else", () => {
  const query = upstreamQuery("a-1.bcdefghijklmnopqrstuvwxyz.zyxwvutsrqponm.example. A");
  const random = seededRandom(1);
  const drawn = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const { wireName, question } = wireQueryOf(query, { mixCase: random, hasEdns: true });
    assert.ok(equalNames(wireName, question.name));
    drawn.add(formatName(wireName));
  }
  assert.equal(drawn.size, 200);
});

test("encodeQuery() writes what was asked", () => {
  const query = upstreamQuery("www.example. MX", [], { dnssecOk: true, checkingDisabled: true });
  const wire = wireQueryOf(query, { mixCase: undefined, hasEdns: true });
  const message = decodeMessage(encodeQuery(wire, { id: 0xabcd, padded: false }));
  assert.equal(message.id, 0xabcd);
  assert.deepEqual(message.questions, [query.question]);
  assert.deepEqual([message.flags.rd, message.flags.cd, message.flags.qr], [true, true, false]);
  const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: true, options: [] };
  assert.deepEqual(message.edns, edns);
});

test("encodeQuery() leaves EDNS out where a server does not know it", () => {
  const query = upstreamQuery("www.example.", [], { recursionDesired: false });
  const wire = wireQueryOf(query, { mixCase: undefined, hasEdns: false });
  const message = decodeMessage(encodeQuery(wire, { id: 1, padded: false }));
  assert.equal(message.edns, undefined);
  assert.equal(message.flags.rd, false);
});

test("encodeQuery() pads to full blocks, whatever the name", () => {
  for (let size = 1; size <= 63; size++) {
    const query = upstreamQuery(`${"a".repeat(size)}.${"b".repeat(63)}.example.`);
    const wire = wireQueryOf(query, { mixCase: undefined, hasEdns: true });
    const octets = encodeQuery(wire, { id: 1, padded: true });
    assert.equal(octets.length % 128, 0);
    const { edns } = decodeMessage(octets);
    assert.deepEqual(
      edns?.options.map(({ code }) => code),
      [EDNS_OPTION.PADDING],
    );
  }
});
