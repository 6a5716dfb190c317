import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { TestContext } from "node:test";

import { certificate, opensslPath } from "../../../test/support/certificates.ts";
import { testWith } from "../../../test/support/peers.ts";
import { startScriptedUpstream } from "../../../test/support/scripted-upstream.ts";
import type {
  ScriptedUpstreamOptions,
  UpstreamScript,
} from "../../../test/support/scripted-upstream.ts";
import {
  recordsOf,
  textOfMessage,
  upstreamQuery,
} from "../../../test/support/upstream-messages.ts";
import {
  resolverRuleTargetCountMax,
  upstreamQuestionCountMax,
  upstreamTargetTryCountMax,
} from "../../base/limits.ts";
import type { Message } from "../../dns/wire/message.ts";
import { equalNames, lowerName, parseName } from "../../dns/wire/name.ts";
import { RCODE, TYPE } from "../../dns/wire/registries.ts";
import { createUpstream } from "./create-upstream.ts";
import type { UpstreamOptions } from "./create-upstream.ts";
import type { OpenUdp } from "./udp-socket.ts";
import { UpstreamError } from "./upstream.ts";
import type { UpstreamFailure, UpstreamTarget } from "./upstream.ts";

const address = (last: number): Partial<Message> => ({
  answer: recordsOf(`www.example. 60 A 192.0.2.${last}`),
});
const answers: UpstreamScript = () => address(1);
const query = (targets: readonly UpstreamTarget[], text = "www.example. A") =>
  upstreamQuery(text, targets);

async function scripted(
  t: TestContext,
  script: UpstreamScript,
  options: ScriptedUpstreamOptions = {},
) {
  const upstream = await startScriptedUpstream(script, options);
  t.after(() => upstream.stop());
  return upstream;
}

function asker(t: TestContext, options: UpstreamOptions = {}) {
  const upstream = createUpstream(options);
  t.after(() => upstream.close());
  return upstream;
}

/** Nobody listens there. */
async function deadTarget(): Promise<UpstreamTarget> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return { address: "127.0.0.1", port, protocol: "Do53" };
}

async function failuresOf(asked: Promise<unknown>): Promise<UpstreamFailure[]> {
  try {
    await asked;
  } catch (error) {
    assert.ok(error instanceof UpstreamError);
    return error.reasons.map(({ failure }) => failure);
  }
  return assert.fail("an answer where none was expected");
}

test("ask() gets an answer over UDP, with the question as it was given", async (t) => {
  const server = await scripted(t, answers);
  const upstream = asker(t);
  const given = upstreamQuery("www.example. A", [server.target], { dnssecOk: true });
  const { message, target, tookMs } = await upstream.ask(given);
  assert.deepEqual(textOfMessage(message)[0], ["www.example. 60 A 192.0.2.1"]);
  assert.deepEqual(message.questions, [given.question]);
  assert.equal(target, server.target);
  assert.ok(tookMs > 0);
  const [sent] = server.queries;
  assert.deepEqual(sent?.message.edns?.udpPayloadSize, 1232);
  assert.equal(sent?.message.edns?.dnssecOk, true);
  assert.deepEqual([sent?.message.flags.rd, sent?.transport], [true, "udp"]);
});

test("ask() draws port, id and the case of letters for each query", async (t) => {
  const server = await scripted(t, answers);
  const upstream = asker(t);
  for (let i = 0; i < 60; i++) await upstream.ask(query([server.target]));
  const different = (values: unknown[]): number => new Set(values).size;
  assert.ok(different(server.queries.map(({ sourcePort }) => sourcePort)) > 50);
  assert.ok(different(server.queries.map(({ message }) => message.id)) > 50);
  const names = server.queries.map(({ message }) => message.questions[0]?.name.join(" "));
  assert.ok(different(names) > 50);
});

test("ask() sends a datagram that was lost again", async (t) => {
  let asked = 0;
  const server = await scripted(t, () => (++asked < 3 ? null : address(1)));
  await asker(t, { timing: { resendMs: 10 } }).ask(query([server.target]));
  const ids = server.queries.map(({ message }) => message.id);
  assert.deepEqual(ids, [ids[0], ids[0], ids[0]]);
});

test("ask() goes over to TCP where the answer was too long, on one connection", async (t) => {
  const long = Array.from({ length: 200 }, (_, i) => `www.example. 60 A 192.0.2.${i}`);
  const server = await scripted(t, (_query, { transport }) =>
    transport === "udp" ? { flags: { qr: true, tc: true } } : { answer: recordsOf(...long) },
  );
  const upstream = asker(t);
  const asked = Array.from({ length: 20 }, () => upstream.ask(query([server.target])));
  for (const { message } of await Promise.all(asked)) assert.equal(message.answer.length, 200);
  assert.equal(server.connectionCount, 1);
  assert.equal(upstream.counts.overTcp, 20);
});

test("ask() takes the answers of one connection in any order", async (t) => {
  const server = await scripted(t, ({ questions }, { transport }) => {
    if (transport === "udp") return { flags: { qr: true, tc: true } };
    const [question] = questions;
    assert.ok(question);
    const last = question.name[2] as number;
    const answer = recordsOf("x. 1 A 192.0.2.1").map((each) => ({
      ...each,
      owner: question.name,
    }));
    return { response: { answer }, delayMs: 60 - last };
  });
  const upstream = asker(t);
  const names = Array.from({ length: 10 }, (_, i) => `n${i}.example.`);
  const answered = await Promise.all(
    names.map((name) => upstream.ask(query([server.target], `${name} A`))),
  );
  for (const [i, { message }] of answered.entries()) {
    assert.ok(equalNames(message.answer[0]?.owner ?? new Uint8Array(), parseName(names[i] ?? "")));
  }
});

test("ask() refuses TC over TCP", async (t) => {
  const server = await scripted(t, () => ({ flags: { qr: true, tc: true } }));
  assert.deepEqual(await failuresOf(asker(t).ask(query([server.target]))), ["malformed"]);
});

test("ask() opens a connection anew that was closed while idle", async (t) => {
  let closes = false;
  const server = await scripted(t, (_query, { transport }) => {
    if (transport === "udp") return { flags: { qr: true, tc: true } };
    if (!closes) return address(1);
    closes = false;
    return "close";
  });
  const upstream = asker(t);
  await upstream.ask(query([server.target]));
  closes = true;
  await upstream.ask(query([server.target]));
  assert.equal(server.connectionCount, 2);
});

test("ask() asks over TCP where a server does not keep the case, and learns it", async (t) => {
  const server = await scripted(t, ({ questions }) => {
    const folded = questions.map((each) => ({ ...each, name: lowerName(each.name) }));
    return { ...address(1), questions: folded };
  });
  const upstream = asker(t);
  for (let i = 0; i < 5; i++) await upstream.ask(query([server.target]));
  assert.deepEqual(
    server.queries.map(({ transport }) => transport),
    ["udp", "tcp", "udp", "udp", "udp", "udp"],
  );
  assert.equal(upstream.counts.mismatches.case, 1);
});

test("ask() asks without EDNS a server that does not know it, and learns it", async (t) => {
  const server = await scripted(t, ({ edns }) =>
    edns ? { rcode: RCODE.FORMERR, questions: [] } : address(1),
  );
  const upstream = asker(t);
  for (let i = 0; i < 2; i++) await upstream.ask(query([server.target]));
  const hasEdns = server.queries.map(({ message }) => message.edns !== undefined);
  assert.deepEqual(hasEdns, [true, false, false]);
});

test("ask() goes on to the next target where one has no answer", async (t) => {
  const good = await scripted(t, answers);
  for (const rcode of [RCODE.SERVFAIL, RCODE.REFUSED, RCODE.NOTIMP]) {
    const bad = await scripted(t, () => ({ rcode }));
    const { message, target } = await asker(t).ask(query([bad.target, good.target]));
    assert.deepEqual([message.rcode, target], [RCODE.NOERROR, good.target]);
  }
  const dead = await deadTarget();
  const { target } = await asker(t).ask(query([dead, good.target]));
  assert.equal(target, good.target);
});

test("ask() gives an error of a server where none does better", async (t) => {
  const failing = await scripted(t, () => ({ rcode: RCODE.SERVFAIL }));
  const refusing = await scripted(t, () => ({ rcode: RCODE.REFUSED }));
  const targets = [await deadTarget(), failing.target, refusing.target];
  const { message, target } = await asker(t).ask(query(targets));
  assert.deepEqual([message.rcode, target], [RCODE.SERVFAIL, failing.target]);
});

test("ask() takes NXDOMAIN and an empty answer as answers", async (t) => {
  const next = await scripted(t, answers);
  for (const reply of [{ rcode: RCODE.NXDOMAIN }, {}]) {
    const first = await scripted(t, () => reply);
    const { target } = await asker(t).ask(query([first.target, next.target]));
    assert.equal(target, first.target);
  }
});

test("ask() goes on to the last of as many targets as a rule may have", async (t) => {
  const server = await scripted(t, answers);
  const dead = await deadTarget();
  const upstream = asker(t);
  const { target } = await upstream.ask(
    query([...Array(resolverRuleTargetCountMax - 1).fill(dead), server.target]),
  );
  assert.equal(target, server.target);
});

test("ask() waits a short time for a dead target, once", async (t) => {
  const dead = await scripted(t, () => null);
  const good = await scripted(t, answers);
  const upstream = asker(t);
  const targets = [dead.target, good.target];
  const first = await upstream.ask(query(targets));
  assert.equal(first.target, good.target);
  // The rest up to 500 ms is for a machine that is busy.
  assert.ok(first.tookMs >= 290 && first.tookMs <= 500, `${first.tookMs} ms`);
  const asked = dead.queries.length;
  for (let i = 0; i < 20; i++) await upstream.ask(query(targets));
  assert.equal(dead.queries.length, asked);
  assert.deepEqual([upstream.counts.hedges, upstream.counts.queries.Do53], [1, 22]);
});

test("ask() asks a target that was down beside another, and first again when it is back", async (t) => {
  let laterMs = 0;
  let isBack = false;
  const back = await scripted(t, () => (isBack ? address(1) : null));
  const good = await scripted(t, () => ({ response: address(2), delayMs: 20 }));
  const upstream = asker(t, { nowMs: () => performance.now() + laterMs });
  const targets = [back.target, good.target];
  await upstream.ask(query(targets));
  isBack = true;
  laterMs = 2_000;
  await upstream.ask(query(targets));
  const { target } = await upstream.ask(query(targets));
  assert.equal(target, back.target);
});

test("ask() ends in time, and says why of each target", async (t) => {
  const silent = await scripted(t, () => null);
  const dead = await deadTarget();
  const upstream = asker(t, { timing: { timeoutMs: 250 } });
  const startedAt = performance.now();
  const failures = await failuresOf(upstream.ask(query([dead, silent.target])));
  assert.ok(performance.now() - startedAt < 2_000);
  assert.deepEqual(failures, ["refused", "timeout"]);
});

test("ask() gives a target its time", async (t) => {
  const silent = await scripted(t, () => null);
  const upstream = asker(t, { timing: { tryTimeoutMs: 30 } });
  assert.deepEqual(await failuresOf(upstream.ask(query([silent.target]))), ["timeout"]);
});

test("ask() ignores what is not the answer, and takes the answer that follows", async (t) => {
  const forged = { response: address(66) };
  const otherName = { questions: [{ name: parseName("x.example."), type: TYPE.A, class: 1 }] };
  const server = await scripted(t, (_query, { transport }) =>
    transport === "tcp"
      ? null
      : [
          { ...forged, idOffset: 1 },
          { ...forged, fromOtherPort: true },
          { response: { ...address(66), ...otherName } },
          { response: { ...address(66), flags: { qr: false } } },
          new Uint8Array([1, 2, 3]),
          { response: address(1), delayMs: 20 },
        ],
  );
  const upstream = asker(t);
  const { message } = await upstream.ask(query([server.target]));
  assert.deepEqual(textOfMessage(message)[0], ["www.example. 60 A 192.0.2.1"]);
  // What another port sends does not reach us: the kernel drops it.
  const { id, question, header, malformed } = upstream.counts.mismatches;
  assert.deepEqual([id, question, header, malformed], [1, 1, 1, 1]);
});

test("ask() asks over TCP alone where somebody guesses", async (t) => {
  const server = await scripted(t, (_query, { transport }) =>
    transport === "tcp"
      ? address(1)
      : Array.from({ length: 40 }, (_, i) => ({ response: address(66), idOffset: i + 1 })),
  );
  const upstream = asker(t);
  const { message } = await upstream.ask(query([server.target]));
  assert.deepEqual(textOfMessage(message)[0], ["www.example. 60 A 192.0.2.1"]);
  assert.equal(upstream.counts.mismatches.id, 16);
});

/** Octets with the id of the query, and nothing else that makes sense. */
const garbage: UpstreamScript = (_query, { octets }) => {
  const response = new Uint8Array(100).fill(0xc0);
  response.set(octets.subarray(0, 2));
  return response;
};

test("ask() refuses what no server should send", async (t) => {
  const oversize = Array.from({ length: 90 }, (_, i) => `www.example. 60 A 192.0.2.${i}`);
  const scripts: UpstreamScript[] = [
    garbage,
    (sent, how) =>
      how.transport === "udp" ? { answer: recordsOf(...oversize) } : garbage(sent, how),
    () => ({
      answer: [
        {
          owner: parseName("www.example."),
          type: TYPE.A,
          class: 1,
          ttl: 1,
          rdata: new Uint8Array(3),
        },
      ],
    }),
  ];
  for (const script of scripts) {
    const server = await scripted(t, script);
    const upstream = asker(t, { timing: { tryTimeoutMs: 200 } });
    assert.deepEqual(await failuresOf(upstream.ask(query([server.target]))), ["malformed"]);
  }
});

test("ask() asks from our addresses, of the target's family", async (t) => {
  const server = await scripted(t, answers);
  const upstream = asker(t);
  const ask = (sources: string[]) =>
    upstream.ask(upstreamQuery("www.example. A", [server.target], { sources }));
  await ask(["127.0.0.1", "::1"]);
  assert.deepEqual(await failuresOf(ask(["::1"])), ["unreachable"]);
  assert.deepEqual(await failuresOf(ask(["192.0.2.77"])), ["unreachable"]);
});

test("ask() over IPv6", async (t) => {
  const server = await scripted(t, answers, { address: "::1" });
  const target = { ...server.target, address: "0:0:0:0:0:0:0:1" };
  await asker(t).ask(query([target]));
});

test("ask() without a target, and with a name for an address, fails at once", async (t) => {
  const upstream = asker(t);
  assert.deepEqual(await failuresOf(upstream.ask(query([]))), []);
  const named = { address: "localhost", port: 53, protocol: "Do53" } as const;
  assert.deepEqual(await failuresOf(upstream.ask(query([named]))), ["unreachable"]);
});

test("close() ends what is under way", async (t) => {
  const silent = await scripted(t, () => null);
  const upstream = createUpstream();
  const asked = failuresOf(upstream.ask(query([silent.target])));
  await upstream.close();
  assert.deepEqual(await asked, ["closed"]);
  assert.deepEqual(await failuresOf(upstream.ask(query([silent.target]))), ["closed"]);
});

const own = certificate({ names: ["dns.example", "127.0.0.1"] });

for (const kind of ["tlsTarget", "httpsTarget"] as const) {
  testWith([opensslPath], `ask() over ${kind}: reuse, padding, checks`, async (t) => {
    const tls = own();
    const server = await scripted(t, answers, { tls, serverName: "dns.example" });
    const upstream = asker(t, { authorities: [tls.cert] });
    const asked = Array.from({ length: 20 }, () => upstream.ask(query([server[kind]])));
    for (const { message } of await Promise.all(asked)) {
      assert.deepEqual(textOfMessage(message)[0], ["www.example. 60 A 192.0.2.1"]);
    }
    assert.equal(server.connectionCount, 1);
    assert.equal(server.queries[0]?.message.edns?.options.length, 1);
    const { serverName: _, ...byAddress } = server[kind];
    await upstream.ask(query([byAddress]));
    const wrongName = { ...server[kind], serverName: "other.example" };
    assert.deepEqual(await failuresOf(upstream.ask(query([wrongName]))), ["tls"]);
    assert.deepEqual(await failuresOf(asker(t).ask(query([server[kind]]))), ["tls"]);
    const dead = { ...server[kind], port: (await deadTarget()).port };
    assert.deepEqual(await failuresOf(upstream.ask(query([dead]))), ["refused"]);
  });

  testWith([opensslPath], `ask() over ${kind}: refuses what is no answer`, async (t) => {
    const tls = own();
    const scripts: [UpstreamScript, UpstreamFailure][] = [
      [
        () => ({ response: address(1), idOffset: 1 }),
        kind === "tlsTarget" ? "timeout" : "malformed",
      ],
      [() => ({ ...address(1), questions: [] }), "malformed"],
      [garbage, "malformed"],
      [() => "close", "closed"],
      [() => null, "timeout"],
    ];
    for (const [script, failure] of scripts) {
      const server = await scripted(t, script, { tls });
      const upstream = asker(t, { authorities: [tls.cert], timing: { tryTimeoutMs: 300 } });
      assert.deepEqual(await failuresOf(upstream.ask(query([server[kind]]))), [failure]);
    }
  });
}

testWith([opensslPath], "ask() over HTTPS judges status, media type and age", async (t) => {
  const tls = own();
  const upstream = asker(t, { authorities: [tls.cert] });
  const ask = async (how: { status?: number; mediaType?: string; ageSeconds?: number }) => {
    const server = await scripted(t, () => ({ response: address(1), ...how }), { tls });
    return upstream.ask(query([server.httpsTarget]));
  };
  assert.deepEqual(await failuresOf(ask({ status: 503 })), ["refused"]);
  assert.deepEqual(await failuresOf(ask({ mediaType: "text/html" })), ["malformed"]);
  const { message } = await ask({ ageSeconds: 20 });
  assert.equal(message.answer[0]?.ttl, 40);
});

test("ask() says that it is busy beyond its limits", async () => {
  const openUdp: OpenUdp = () => ({ send() {}, close() {} });
  const upstream = createUpstream({ openUdp });
  const at = (port: number): UpstreamTarget => ({ address: "192.0.2.1", port, protocol: "Do53" });
  const ask = (port: number): Promise<UpstreamFailure[]> =>
    failuresOf(upstream.ask(query([at(port)])));
  const asked = Array.from({ length: upstreamTargetTryCountMax }, () => ask(1));
  assert.deepEqual(await ask(1), ["busy"]);
  const more = upstreamQuestionCountMax - upstreamTargetTryCountMax;
  asked.push(...Array.from({ length: more }, () => ask(2)));
  assert.deepEqual(await ask(3), ["busy"]);
  await upstream.close();
  for (const failures of await Promise.all(asked)) assert.deepEqual(failures, ["closed"]);
});
