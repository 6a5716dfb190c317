import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import fc from "fast-check";

import { makeCertificate, opensslPath } from "../../../test/support/certificates.ts";
import {
  answers,
  repeats,
  resetsAfter,
  response,
  stallsAfter,
  startMisbehavingServer,
} from "../../../test/support/misbehaving-server.ts";
import type { Behaviour } from "../../../test/support/misbehaving-server.ts";
import { allow, patientSpec, runProbe } from "../../../test/support/probe-cases.ts";
import { testWith } from "../../../test/support/peers.ts";
import { probe } from "./probe.ts";
import type { ProbeSpec } from "./probe-spec.ts";
import { Reason } from "./reason.ts";

const program = join(import.meta.dirname, "../../../test/support/probe-to-the-end.ts");

/** Outcomes of probes in a process of their own, and how long it lived on after them. */
async function probeToTheEnd(specs: readonly ProbeSpec[]) {
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(specs));
  const [outcomes = "", doneAt, endedAt] = (await text(child.stdout)).split("\n");
  return { outcomes: JSON.parse(outcomes), lingeredMs: Number(endedAt) - Number(doneAt) };
}

testWith([opensslPath], "probe() leaves no socket, timer or process behind", async () => {
  const behaviours: Behaviour[] = [
    answers(response("200 OK", "x".repeat(100_000))),
    answers(response("503 Down")),
    repeats("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(10_000)),
    stallsAfter("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nneedle"),
    resetsAfter("HTTP/1.1 200 OK\r\n"),
  ];
  const tls = makeCertificate({ names: ["a.example"] });
  const plain = await Promise.all(behaviours.map((does) => startMisbehavingServer(does)));
  const secure = await startMisbehavingServer(stallsAfter(response("200 OK")), { tls });
  const target = { address: "127.0.0.1", port: secure.port };
  const specs: ProbeSpec[] = [
    ...plain.map(({ port }) => ({ ...patientSpec, port, search: "needle" })),
    { ...patientSpec, port: secure.port, tls: true, sni: true, host: "b.example" },
    { ...target, kind: "tcp", connectTimeoutMs: 60_000 },
    { ...target, kind: "rtt", connectTimeoutMs: 60_000, rttMaxMs: 60_000 },
    { ...target, kind: "tls-expiry", daysMin: 1, timeoutMs: 60_000 },
    { ...target, kind: "grpc", tls: true, service: "", timeoutMs: 60_000 },
    { kind: "script", command: "/bin/sh", args: ["-c", "sleep 60 & exit 0"], timeoutMs: 60_000 },
  ];
  const { outcomes, lingeredMs } = await probeToTheEnd(specs);
  await Promise.all([...plain, secure].map((server) => server.stop()));
  assert.deepEqual(outcomes.slice(0, 5), [
    [Reason.stringNotFound, 200],
    [Reason.httpStatusFailed, 503],
    [Reason.stringNotFound, 200],
    [Reason.stringFound, 200],
    [Reason.connectionReset, 0],
  ]);
  const rest = outcomes.slice(5).map(([reason]: [Reason]) => reason);
  assert.deepEqual(rest, [
    Reason.httpStatus,
    Reason.connected,
    Reason.rttBelow,
    Reason.certificateValid,
    Reason.badResponse,
    Reason.scriptSucceeded,
  ]);
  // A limit that still ran would hold the process for 10 s or more.
  assert.ok(lingeredMs < 3_000, `the process went on for ${lingeredMs} ms`);
});

test("probe() ends with a reason whatever octets come", async () => {
  const start = fc.constantFrom("", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 ");
  const coding = fc.constantFrom(
    "",
    "Content-Encoding: gzip\r\n",
    "Transfer-Encoding: chunked\r\n",
  );
  const octets = fc.uint8Array({ maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(start, coding, octets, async (first, header, rest) => {
      const does = answers(first, header, rest);
      const { reason, detail } = await runProbe({ does, with: { search: "x" } });
      assert.ok(Object.values(Reason).includes(reason) && reason !== Reason.internal);
      assert.ok(detail >= 0 && detail <= 65_535);
    }),
    { numRuns: 200 },
  );
});

test("probe() of many at once finds each its own", async () => {
  const server = await startMisbehavingServer((socket, request) => {
    const number = /^GET \/(\d+)/.exec(request)?.[1] ?? "";
    socket.end(response("200 OK", `it is ${number}.`));
  });
  const results = await Promise.all(
    Array.from({ length: 500 }, (_, i) =>
      probe({ ...patientSpec, port: server.port, path: `/${i}`, search: `it is ${i}.` }, { allow }),
    ),
  );
  await server.allClosed();
  await server.stop();
  assert.ok(results.every(({ reason }) => reason === Reason.stringFound));
});
