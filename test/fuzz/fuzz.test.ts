import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { seededRandom } from "../../src/base/random.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import { rcodeToText } from "../../src/dns/wire/registries.ts";
import { checkConformance } from "./check-conformance.ts";
import { InProcessServer } from "./in-process-server.ts";
import { malformedCases } from "./malformed-cases.ts";
import { checkResponse, fuzz } from "./packet-checks.ts";
import { conformanceCases } from "./rfc8906-cases.ts";

const packetCount = 100_000;

describe("processQuery() on mutated packets", () => {
  for (const seed of [1, 2]) {
    it(`answers or drops each and counts it, seed ${seed}`, (t) => {
      const server = new InProcessServer();
      const packets = packetCount / 2;
      const { answered, dropped } = fuzz({ server, packets, random: seededRandom(seed) });
      const { received, accounted } = server.counts();
      assert.equal(received, packets);
      assert.equal(accounted, packets);
      t.diagnostic(`${answered} answered, ${dropped} dropped`);
    });
  }
});

describe("processQuery() on the cases of RFC 8906 §8", () => {
  const server = new InProcessServer();
  for (const test of conformanceCases) {
    it(`${test.section} ${test.name}`, () => {
      assert.deepEqual(checkConformance(test, server.answer(test.query, test.transport)), []);
    });
  }
});

describe("processQuery() on malformed messages", () => {
  const server = new InProcessServer();
  for (const { name, message, outcome } of malformedCases) {
    it(`${name}: ${outcome === "drop" ? "no response" : rcodeToText(outcome)}`, () => {
      for (const transport of ["udp", "tcp"] as const) {
        const before = server.counts();
        const response = server.answer(message, transport);
        checkResponse(message, response, transport);
        assert.equal(response ? rcodeToText(decodeMessage(response).rcode) : "drop", outcomeText());
        assert.deepEqual(server.counts(), {
          received: before.received + 1,
          accounted: before.accounted + 1,
        });
      }
    });
    function outcomeText(): string {
      return outcome === "drop" ? outcome : rcodeToText(outcome);
    }
  }
});
