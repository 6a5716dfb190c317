import assert from "node:assert/strict";
import { test } from "node:test";
import { present } from "../../src/base/assert.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import { RCODE } from "../../src/dns/wire/registries.ts";
import { answeredBy, askAs, queryFor } from "./ask-as.ts";
import { clients, ip } from "./policy-cases.ts";
import { createSets, dns, freshName } from "./routed-zone.ts";

const name = freshName();
await createSets(name, [
  { id: "1", ip: ip(1), GeoLocation: { CountryCode: "KR" } },
  { id: "2", ip: ip(2), GeoLocation: { CountryCode: "*" } },
  { at: "plain", ip: ip(3) },
]);

/** Family, source and scope prefix length, address octets: what RFC 7871 §6 and §7.1.2 refuse. */
const malformed: Readonly<Record<string, readonly number[]>> = {
  "no family": [0],
  "an unknown family": [0, 3, 24, 0, 1, 2, 3],
  "a prefix longer than IPv4": [0, 1, 33, 0, 121, 134, 0, 0, 0],
  "a prefix longer than IPv6": [0, 2, 129, 0, ...new Uint8Array(17)],
  "fewer octets than the prefix": [0, 1, 24, 0, 121, 134],
  "more octets than the prefix": [0, 1, 24, 0, 121, 134, 0, 0],
  "bits after the prefix": [0, 1, 20, 0, 121, 134, 1],
  "a scope in a query": [0, 1, 24, 24, 121, 134, 0],
};

for (const [what, octets] of Object.entries(malformed)) {
  test(`a client subnet with ${what} is FORMERR`, async () => {
    const query = queryFor({ name }, Uint8Array.from(octets));
    for (const response of [await dns.askUdp(query), await dns.askTcp(query)]) {
      const message = decodeMessage(present(response, "a response"));
      assert.equal(message.rcode, RCODE.FORMERR);
      assert.equal(message.answer.length, 0);
    }
  });
}

test("a client who tells nothing of itself (/0) is answered as the resolver is", async () => {
  for (const octets of [
    [0, 1, 0, 0],
    [0, 2, 0, 0],
  ]) {
    const response = await dns.askUdp(queryFor({ name }, Uint8Array.from(octets)));
    const answered = answeredBy(decodeMessage(present(response, "a response")));
    assert.deepEqual([answered.values, answered.scope], [[ip(2)], 0]);
  }
});

test("a client subnet is answered with its own family, prefix and address", async () => {
  for (const client of [clients.seoul, "121.134.0.0/17", "2400::/12", clients.newYorkIpv6]) {
    const query = queryFor({ name, client });
    const sent = present(decodeMessage(query).edns?.options[0], "the query's option").data;
    const { edns } = decodeMessage(present(await dns.askUdp(query), "a response"));
    const echoed = present(
      edns?.options.find(({ code }) => code === 8),
      "the option",
    ).data;
    assert.deepEqual([...echoed.slice(0, 3), 0, ...echoed.slice(4)], [...sent]);
  }
});

test("scope is 0 where the client did not count: plain sets, denials", async () => {
  for (const asked of [`plain.${name}`, `missing.${name}`]) {
    assert.equal((await askAs(dns, { name: asked, client: clients.seoul })).scope, 0);
  }
  const noData = await askAs(dns, { name, type: "AAAA", client: clients.seoul });
  assert.equal(noData.scope, 0);
});

test("the scope is part of an answer over TCP, too", async () => {
  const overUdp = await askAs(dns, { name, client: clients.seoul });
  const overTcp = await askAs(dns, { name, client: clients.seoul, tcp: true });
  assert.deepEqual(overTcp, overUdp);
  assert.deepEqual(overUdp.values, [ip(1)]);
});

test("private, local and documentation networks are at no place", async () => {
  const nowhere = [clients.nowhere, clients.inside, "127.0.0.0/8", "169.254.1.0/24", "fd00::/48"];
  for (const client of [...nowhere, "100.64.0.0/24", "2001:db8::/48", "192.168.0.0/24"]) {
    assert.deepEqual((await askAs(dns, { name, client })).values, [ip(2)], client);
  }
});
