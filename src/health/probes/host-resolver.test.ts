import assert from "node:assert/strict";
import { test } from "node:test";

import { startScriptedNameServer } from "../../../test/support/scripted-name-server.ts";
import type { Reply } from "../../../test/support/scripted-name-server.ts";
import { parseRdata } from "../../dns/rdata/rdata.ts";
import { parseName } from "../../dns/wire/name.ts";
import { CLASS, RCODE, TYPE } from "../../dns/wire/registries.ts";
import { createHostResolver } from "./host-resolver.ts";

const address = (owner: string, value: string) => ({
  owner: parseName(owner),
  type: TYPE.A,
  class: CLASS.IN,
  ttl: 1,
  rdata: parseRdata(TYPE.A, value),
});

/** What a lookup of www.example comes to where the name server replies so. */
async function lookUp(reply: Reply) {
  const server = await startScriptedNameServer(reply);
  const resolve = createHostResolver([`127.0.0.1:${server.port}`]);
  const both = await Promise.all([resolve("www.example"), resolve("www.example")]);
  await server.stop();
  assert.deepEqual(both[0], both[1]);
  return { found: both[0], types: server.queries.map((query) => query.questions[0]?.type) };
}

test("createHostResolver() asks for A records, once for all who wait", async () => {
  const answer = [address("www.example.", "192.0.2.7"), address("www.example.", "192.0.2.8")];
  const { found, types } = await lookUp(() => ({ answer }));
  assert.deepEqual(found, { addresses: ["192.0.2.7", "192.0.2.8"] });
  assert.deepEqual(types, [TYPE.A]);
});

test("createHostResolver() asks anew for each lookup, whatever the TTL", async () => {
  let count = 0;
  const reply: Reply = () => ({
    answer: [{ ...address("www.example.", `192.0.2.${++count}`), ttl: 300 }],
  });
  const server = await startScriptedNameServer(reply);
  const resolve = createHostResolver([`127.0.0.1:${server.port}`]);
  assert.deepEqual(await resolve("www.example"), { addresses: ["192.0.2.1"] });
  assert.deepEqual(await resolve("www.example"), { addresses: ["192.0.2.2"] });
  await server.stop();
});

test("createHostResolver() says what went wrong", async () => {
  const cases = [
    [{}, 0],
    [{ rcode: RCODE.NXDOMAIN }, 3],
    [{ rcode: RCODE.SERVFAIL }, 2],
    [{ rcode: RCODE.REFUSED }, 5],
  ] as const;
  for (const [reply, failure] of cases) {
    assert.deepEqual((await lookUp(() => reply)).found, { failure });
  }
});

test("createHostResolver() takes no name of this machine's hosts file", async () => {
  const { found, types } = await lookUp(() => ({ rcode: RCODE.NXDOMAIN }));
  assert.deepEqual(found, { failure: 3 });
  assert.ok(types.length > 0);
});
