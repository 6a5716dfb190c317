import assert from "node:assert/strict";
import { test } from "node:test";

import { Attempt } from "./attempt.ts";
import { endWithError } from "./connection.ts";
import { Reason } from "./reason.ts";

test("endWithError() tells the endpoint's errors from this machine's own", async () => {
  const cases = [
    ["ECONNREFUSED", "", Reason.connectionRefused, 0],
    ["ECONNRESET", "", Reason.connectionReset, 0],
    ["EPIPE", "", Reason.connectionReset, 0],
    ["EHOSTUNREACH", "", Reason.unreachable, 0],
    ["ENETUNREACH", "", Reason.unreachable, 0],
    ["ETIMEDOUT", "", Reason.connectTimeout, 0],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "", Reason.tlsFailed, 0],
    ["EPROTO", "", Reason.tlsFailed, 0],
    ["ERR_SSL_X", "0A:error:…:handshake failure:…:SSL alert number 40", Reason.tlsAlert, 40],
    ["EMFILE", "", Reason.internal, 0],
    ["EADDRNOTAVAIL", "", Reason.internal, 0],
    ["ENOBUFS", "", Reason.internal, 0],
    ["EWHATEVER", "", Reason.badResponse, 0],
  ] as const;
  for (const [code, message, reason, detail] of cases) {
    const attempt = new Attempt(undefined);
    endWithError(attempt, Object.assign(new Error(message), { code }));
    const result = await attempt.result;
    assert.deepEqual([result.reason, result.detail], [reason, detail], code);
  }
});
