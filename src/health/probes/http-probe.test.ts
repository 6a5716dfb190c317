import assert from "node:assert/strict";
import { test } from "node:test";

import {
  answers,
  drips,
  repeats,
  resetsAfter,
  response,
  stallsAfter,
  startHole,
  startMisbehavingServer,
} from "../../../test/support/misbehaving-server.ts";
import type { Behaviour } from "../../../test/support/misbehaving-server.ts";
import {
  allow,
  hasIpv6,
  patientSpec,
  runProbe,
  shortMs,
  testProbes,
} from "../../../test/support/probe-cases.ts";
import { probe } from "./probe.ts";
import { Reason } from "./reason.ts";

const { httpStatus, httpStatusFailed, responseTimeout, badResponse } = Reason;
const { headersTooLarge, connectionReset } = Reason;

testProbes("probeHttp() judges the status:", [
  { name: "200", does: answers(response("200 OK", "hi")), finds: [httpStatus, 200] },
  { name: "204 without a body", does: answers("HTTP/1.1 204 No Content\r\n\r\n"), finds: [1, 204] },
  {
    name: "301 is success and is not followed",
    does: answers(response("301 Moved", "", "Location: http://127.0.0.1:1/\r\n")),
    finds: [httpStatus, 301],
  },
  {
    name: "302 to a refused address is success and is not followed",
    does: answers(response("302 Found", "", "Location: http://169.254.169.254/\r\n")),
    finds: [httpStatus, 302],
  },
  { name: "399", does: answers(response("399 Odd")), finds: [httpStatus, 399] },
  { name: "400", does: answers(response("400 Bad")), finds: [httpStatusFailed, 400] },
  { name: "404", does: answers(response("404 Gone")), finds: [httpStatusFailed, 404] },
  { name: "503", does: answers(response("503 Down")), finds: [httpStatusFailed, 503] },
  { name: "999", does: answers(response("999 Huh")), finds: [httpStatusFailed, 999] },
  { name: "no reason phrase", does: answers("HTTP/1.1 200\r\n\r\n"), finds: [httpStatus, 200] },
  { name: "HTTP/1.0", does: answers("HTTP/1.0 200 OK\r\n\r\nbody"), finds: [httpStatus, 200] },
  {
    name: "100 and then 200",
    does: answers("HTTP/1.1 100 Continue\r\n\r\n", response("200 OK")),
    finds: [httpStatus, 200],
  },
  {
    name: "103, 102 and then 503",
    does: answers(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Wait\r\n\r\n",
      response("503 Down"),
    ),
    finds: [httpStatusFailed, 503],
  },
  {
    name: "101 is no success",
    does: stallsAfter("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    finds: [httpStatusFailed, 101],
  },
  {
    name: "interim responses without end",
    does: repeats("", "HTTP/1.1 100 Continue\r\n\r\n"),
    finds: [badResponse, 0],
  },
]);

testProbes("probeHttp() in phases:", [
  {
    name: "accepts and never answers",
    does: () => {},
    with: { responseTimeoutMs: shortMs },
    finds: [responseTimeout, 0],
  },
  {
    name: "a status line that drips",
    does: drips("HTTP/1.1 200 OK\r\n\r\n", 40),
    with: { responseTimeoutMs: shortMs },
    finds: [responseTimeout, 0],
  },
  {
    name: "slow octets within the time",
    does: drips("HTTP/1.1 200 OK\r\n\r\n", 1),
    finds: [httpStatus, 200],
  },
  {
    name: "headers that do not end",
    does: stallsAfter("HTTP/1.1 200 OK\r\nA: b\r\n"),
    with: { responseTimeoutMs: shortMs },
    finds: [responseTimeout, 0],
  },
  {
    name: "a reset at the connection",
    does: resetsAfter(),
    atConnection: true,
    finds: [connectionReset, 0],
  },
  { name: "a reset after the request", does: resetsAfter(), finds: [connectionReset, 0] },
  {
    name: "a reset in the headers",
    does: resetsAfter("HTTP/1.1 200 OK\r\nA: "),
    finds: [connectionReset, 0],
  },
  {
    name: "a reset in the body that is searched",
    does: resetsAfter("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
    with: { search: "whole" },
    finds: [connectionReset, 0],
  },
  { name: "closed without an answer", does: answers(), finds: [connectionReset, 0] },
  {
    name: "closed in the headers",
    does: answers("HTTP/1.1 200 OK\r\n"),
    finds: [connectionReset, 0],
  },
  {
    name: "an answer before it was asked",
    does: stallsAfter(response("200 OK")),
    atConnection: true,
    finds: [httpStatus, 200],
  },
]);

test("probeHttp() with a limit for the response time fails what is slower", async () => {
  const does: Behaviour = (socket) => setTimeout(() => socket.write(response("200 OK")), 30);
  const slow = await runProbe({ does, with: { responseTimeMaxMs: 20 } });
  assert.equal(slow.reason, Reason.tooSlow);
  assert.ok(slow.detail >= 25 && slow.firstByteMs >= 25, JSON.stringify(slow));
  const fast = await runProbe({ does, with: { responseTimeMaxMs: 9_000 } });
  assert.equal(fast.reason, httpStatus);
});

testProbes("probeHttp() with what is no HTTP:", [
  { name: "HTTP/0.9", does: answers("<html>hello</html>"), finds: [badResponse, 0] },
  { name: "a banner", does: stallsAfter("SSH-2.0-OpenSSH_9.2\r\n"), finds: [badResponse, 0] },
  { name: "a garbled status", does: answers("HTTP/1.1 2x0 OK\r\n\r\n"), finds: [badResponse, 0] },
  { name: "HTTP/2", does: answers(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0)), finds: [42, 0] },
  {
    name: "a header without a name",
    does: answers("HTTP/1.1 200 OK\r\n: b\r\n\r\n"),
    finds: [badResponse, 0],
  },
  {
    name: "a space before the colon (RFC 9112 §5.1)",
    does: answers("HTTP/1.1 200 OK\r\nA : b\r\n\r\n"),
    finds: [badResponse, 0],
  },
  {
    name: "two lengths",
    does: answers("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    finds: [badResponse, 0],
  },
]);

/** A response whose status line and headers have exactly so many octets. */
function headOf(size: number): string {
  const start = "HTTP/1.1 200 OK\r\nA: ";
  return `${start}${"x".repeat(size - start.length - 4)}\r\n\r\n`;
}

testProbes("probeHttp() bounds the head:", [
  { name: "16,384 octets", does: answers(headOf(16_384)), finds: [httpStatus, 200] },
  { name: "16,385 octets", does: answers(headOf(16_385)), finds: [headersTooLarge, 0] },
  { name: "100,000 octets", does: answers(headOf(100_000)), finds: [headersTooLarge, 0] },
  {
    name: "16,400 octets in many headers",
    does: answers(`HTTP/1.1 200 OK\r\n${"Ab: cd\r\n".repeat(2_050)}\r\n`),
    finds: [headersTooLarge, 0],
  },
  {
    name: "headers without end",
    does: repeats("HTTP/1.1 200 OK\r\n", "A: b\r\n".repeat(100)),
    finds: [headersTooLarge, 0],
  },
  {
    name: "one header without end",
    does: repeats("HTTP/1.1 200 OK\r\nA: ", "b".repeat(1_000)),
    finds: [headersTooLarge, 0],
  },
  {
    name: "a reason phrase without end",
    does: repeats("HTTP/1.1 200 ", "b".repeat(1_000)),
    finds: [headersTooLarge, 0],
  },
]);

test("probeHttp() runs into the time limit of the connection", async () => {
  const hole = await startHole();
  try {
    const target = { ...patientSpec, port: hole.port, connectTimeoutMs: shortMs };
    const { reason, connectMs } = await probe(target, { allow });
    assert.deepEqual([reason, connectMs], [Reason.connectTimeout, 0]);
  } finally {
    await hole.stop();
  }
});

test("probeHttp() finds nobody listening", async () => {
  const server = await startMisbehavingServer(() => {});
  await server.stop();
  const { reason } = await probe({ ...patientSpec, port: server.port }, { allow });
  assert.equal(reason, Reason.connectionRefused);
});

test("probeHttp() sends path, Host and no more than one request over IPv4 and IPv6", async () => {
  for (const [address, written] of [
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "[::1]"],
  ] as const) {
    if (address === "::1" && !hasIpv6) continue;
    const server = await startMisbehavingServer(answers(response("200 OK")), { address });
    const { port } = server;
    const targets = [
      [{}, "GET / HTTP/1.1", `Host: ${written}:${port}`],
      [{ host: "a.example" }, "GET / HTTP/1.1", `Host: a.example:${port}`],
      [{ path: "/a?b=c&d#e" }, "GET /a?b=c&d#e HTTP/1.1", ""],
      [{ path: "/ü \r\nX: y" }, "GET /%C3%BC%20%0D%0AX:%20y HTTP/1.1", ""],
      [{ path: "none" }, "GET /none HTTP/1.1", ""],
    ] as const;
    for (const [given, line, host] of targets) {
      const { reason } = await probe({ ...patientSpec, address, port, ...given }, { allow });
      assert.equal(reason, httpStatus);
      const lines = server.requests.at(-1)?.split("\r\n") ?? [];
      assert.equal(lines[0], line);
      if (host !== "") assert.ok(lines.includes(host), lines.join("\n"));
      assert.equal(
        lines.some((text) => text.startsWith("X:")),
        false,
      );
    }
    assert.equal(server.connectionCount(), targets.length);
    await server.stop();
  }
});

test("probeHttp() stops when it is told to, and says nothing then", async () => {
  const server = await startMisbehavingServer(() => {});
  const stopper = new AbortController();
  const running = probe({ ...patientSpec, port: server.port }, { allow, signal: stopper.signal });
  setTimeout(() => stopper.abort(), 10);
  assert.equal((await running).reason, Reason.none);
  assert.equal(
    (await probe({ ...patientSpec, port: 1 }, { allow, signal: stopper.signal })).reason,
    0,
  );
  await server.allClosed();
  await server.stop();
});
