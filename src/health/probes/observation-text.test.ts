import assert from "node:assert/strict";
import { test } from "node:test";

import { CertificateProblem, LookupFailure, ScriptRefusal } from "./detail.ts";
import { describeResult } from "./observation-text.ts";
import { isSuccess, Reason } from "./reason.ts";

test("describeResult() speaks as Route 53 does", () => {
  const cases: [Reason, number, string][] = [
    [Reason.httpStatus, 200, "Success: HTTP Status Code 200, OK"],
    [Reason.httpStatus, 302, "Success: HTTP Status Code 302, Found"],
    [Reason.httpStatusFailed, 404, "Failure: HTTP Status Code 404, Not Found"],
    [Reason.httpStatusFailed, 799, "Failure: HTTP Status Code 799"],
    [Reason.tlsAlert, 40, "Failure: SSL alert handshake_failure"],
    [Reason.tlsAlert, 250, "Failure: SSL alert 250"],
    [
      Reason.connectTimeout,
      0,
      "Failure: The health checker could not establish a connection within the timeout limit.",
    ],
    [Reason.connectionReset, 0, "Failure: The connection was closed by the endpoint."],
    [Reason.resolutionFailed, 3, "Failure: DNS resolution failed: DNS response code NXDOMAIN."],
    [
      Reason.resolutionFailed,
      0,
      "Failure: DNS resolution failed: The domain name has no A record.",
    ],
    [Reason.certificateExpiring, 1, "Failure: The certificate expires in 1 day."],
    [Reason.grpcFailed, 14, "Failure: gRPC status UNAVAILABLE."],
    [Reason.grpcFailed, 503, "Failure: HTTP Status Code 503, Service Unavailable"],
    [Reason.scriptFailed, 137, "Failure: The script was ended by signal 9."],
  ];
  for (const [reason, detail, text] of cases) assert.equal(describeResult(reason, detail), text);
});

test("describeResult() has words for every reason and detail", () => {
  const details = [0, 1, 2, 3, 40, 65_535];
  const own = [...Object.values(LookupFailure), ...Object.values(ScriptRefusal)];
  for (const reason of Object.values(Reason)) {
    for (const detail of [...details, ...own, ...Object.values(CertificateProblem)]) {
      const text = describeResult(reason, detail);
      const start = isSuccess(reason) ? "Success: " : "Failure: ";
      assert.ok(text.startsWith(reason === Reason.none ? "Unknown: " : start), text);
      assert.doesNotMatch(text, /undefined|NaN|\.\./);
    }
  }
});
