import assert from "node:assert/strict";
import { createSecureContext, getCACertificates, setDefaultCACertificates } from "node:tls";
import type { TlsOptions } from "node:tls";
import { gzipSync } from "node:zlib";

import { certificate, opensslPath, opensslTime } from "../../../test/support/certificates.ts";
import type { Certificate } from "../../../test/support/certificates.ts";
import {
  answers,
  resetsAfter,
  response,
  stallsAfter,
  startMisbehavingServer,
} from "../../../test/support/misbehaving-server.ts";
import {
  allow,
  patientSpec,
  runProbe,
  shortMs,
  testProbes,
} from "../../../test/support/probe-cases.ts";
import { testWith } from "../../../test/support/peers.ts";
import { CertificateProblem, handshakeTimedOut } from "./detail.ts";
import { probe } from "./probe.ts";
import { Reason } from "./reason.ts";

const named = certificate({ names: ["a.example", "*.b.example", "127.0.0.1"] });
const other = certificate({ names: ["other.example"] });
const dayMs = 24 * 60 * 60 * 1000;
const expired = certificate({
  names: ["a.example"],
  from: opensslTime(-20 * dayMs),
  to: opensslTime(-10 * dayMs),
});
const small = certificate({ names: ["a.example"], key: ["rsa:1024"] });

/** Trusts what is to be trusted, before the first handshake that validates reads the roots. */
function trusting(made: () => Certificate): () => Certificate {
  return () => {
    setDefaultCACertificates([...getCACertificates(), named().cert, expired().cert]);
    return made();
  };
}

const ok = answers(response("200 OK", "hi"));
const https = { tls: true, sni: true, host: "a.example" };
const { httpStatus, tlsAlert, tlsFailed, certificateInvalid, connectionReset } = Reason;

/** A TLS alert record: version 3.3, two octets, fatal, its number. */
const alert = (number: number): Uint8Array => Uint8Array.of(21, 3, 3, 0, 2, 2, number);

testProbes("probeHttp() over TLS:", [
  { name: "200", does: ok, tls: named, with: https, finds: [httpStatus, 200] },
  { name: "404", does: answers(response("404 No")), tls: named, with: https, finds: [44, 404] },
  {
    name: "a string, compressed",
    does: answers(response("200 OK", gzipSync("a needle"), "Content-Encoding: gzip\r\n")),
    tls: named,
    with: { ...https, search: "needle" },
    finds: [Reason.stringFound, 200],
  },
  { name: "an expired certificate", does: ok, tls: expired, with: https, finds: [httpStatus, 200] },
  {
    name: "TLS 1.0 and a small key",
    does: ok,
    tls: () => ({
      ...small(),
      minVersion: "TLSv1",
      maxVersion: "TLSv1",
      ciphers: "ALL:@SECLEVEL=0",
    }),
    with: https,
    finds: [httpStatus, 200],
  },
  {
    name: "the alert handshake_failure",
    does: answers(alert(40)),
    atConnection: true,
    with: https,
    finds: [tlsAlert, 40],
  },
  {
    name: "the alert unrecognized_name",
    does: answers(alert(112)),
    atConnection: true,
    with: https,
    finds: [tlsAlert, 112],
  },
  {
    name: "no cipher in common",
    does: ok,
    tls: () => ({ ...named(), maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-CCM8" }),
    with: https,
    finds: [tlsAlert, 40],
  },
  {
    name: "a handshake that never ends",
    does: stallsAfter(),
    atConnection: true,
    with: { ...https, responseTimeoutMs: shortMs },
    finds: [tlsFailed, handshakeTimedOut],
  },
  {
    name: "no TLS at all",
    does: answers(response("400 Bad")),
    atConnection: true,
    with: https,
    finds: [tlsFailed, 0],
  },
  {
    name: "closed in the handshake",
    does: answers(Uint8Array.of(22, 3, 3)),
    atConnection: true,
    with: https,
    finds: [connectionReset, 0],
  },
  {
    name: "reset in the handshake",
    does: resetsAfter(),
    atConnection: true,
    with: https,
    finds: [connectionReset, 0],
  },
  { name: "closed after the request", does: answers(), tls: named, with: https, finds: [34, 0] },
  {
    name: "no answer",
    does: () => {},
    tls: named,
    with: { ...https, responseTimeoutMs: 250 },
    finds: [Reason.responseTimeout, 0],
  },
]);

const validated = { ...https, validateCertificate: true };

testProbes("probeHttp() that validates certificates:", [
  { name: "a good one", does: ok, tls: trusting(named), with: validated, finds: [httpStatus, 200] },
  {
    name: "one for a wildcard",
    does: ok,
    tls: trusting(named),
    with: { ...validated, host: "x.b.example" },
    finds: [httpStatus, 200],
  },
  {
    name: "one for the address",
    does: ok,
    tls: trusting(named),
    with: { ...validated, host: "" },
    finds: [httpStatus, 200],
  },
  {
    name: "an expired one",
    does: ok,
    tls: trusting(expired),
    with: validated,
    finds: [certificateInvalid, CertificateProblem.notInTime],
  },
  {
    name: "one that nobody trusts",
    does: ok,
    tls: trusting(other),
    with: { ...validated, host: "other.example" },
    finds: [certificateInvalid, CertificateProblem.untrusted],
  },
  {
    name: "one for another name, with SNI and without",
    does: ok,
    tls: trusting(named),
    with: { ...validated, host: "c.example" },
    connections: 2,
    finds: [certificateInvalid, CertificateProblem.wrongName],
  },
]);

/** A server that notes the names in ClientHellos, "" for none. */
function noting(seen: string[], withSni: typeof named, withoutSni: typeof named) {
  return (): TlsOptions => ({
    ...withoutSni(),
    SNICallback(name, done) {
      seen.push(name);
      done(null, createSecureContext(withSni()));
    },
  });
}

testWith(
  [opensslPath],
  "probeHttp() with SNI sends the name once where the certificate includes it",
  async () => {
    const seen: string[] = [];
    const tls = noting(seen, named, other);
    const result = await runProbe({ does: ok, tls, with: https });
    assert.equal(result.reason, httpStatus);
    assert.deepEqual(seen, ["a.example"]);
    assert.ok(result.connectMs > 0 && result.tlsMs > 0 && result.firstByteMs > 0);
  },
);

testWith(
  [opensslPath],
  "probeHttp() with SNI tries once more without where the name is not included",
  async () => {
    const seen: string[] = [];
    const tls = noting(seen, other, named);
    const result = await runProbe({ does: ok, tls, with: https, connections: 2 });
    assert.equal(result.reason, httpStatus);
    // The second ClientHello has no name: the callback is not asked.
    assert.deepEqual(seen, ["a.example"]);
  },
);

testWith(
  [opensslPath],
  "probeHttp() tries no third time, and not again after an alert",
  async () => {
    const seen: string[] = [];
    const tls = noting(seen, other, other);
    const result = await runProbe({ does: ok, tls, with: https, connections: 2 });
    // Not validated: an answer is an answer, whatever the certificate.
    assert.equal(result.reason, httpStatus);
  },
);

testWith(
  [opensslPath],
  "probeHttp() sends no name without SNI, nor an address as a name",
  async () => {
    for (const given of [
      { sni: false, host: "a.example" },
      { sni: true, host: "127.0.0.1" },
      { sni: true },
    ]) {
      const seen: string[] = [];
      const tls = noting(seen, named, other);
      const result = await runProbe({ does: ok, tls, with: { tls: true, ...given } });
      assert.equal(result.reason, httpStatus);
      assert.deepEqual(seen, []);
    }
  },
);

testWith(
  [opensslPath],
  "probeHttp() over TLS leaves out the port 443 alone in the Host header",
  async () => {
    const server = await startMisbehavingServer(ok, { tls: named() });
    const { port } = server;
    await probe({ ...patientSpec, ...https, port }, { allow });
    await server.stop();
    assert.match(server.requests[0] ?? "", new RegExp(`^Host: a.example:${port}\r$`, "m"));
  },
);
