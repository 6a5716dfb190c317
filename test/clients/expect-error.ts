import assert from "node:assert/strict";
import type { Route53ServiceException } from "@aws-sdk/client-route-53";

/** Checks that a call is refused with a modelled error, its HTTP status and its message. */
export async function expectError(
  call: Promise<unknown>,
  expected: {
    type: new (...args: never[]) => Route53ServiceException;
    status: number;
    message?: string | RegExp;
  },
): Promise<void> {
  await assert.rejects(call, (error: Route53ServiceException) => {
    const { message, $metadata } = error;
    assert.ok(error instanceof expected.type, `${error.name}: ${message}`);
    assert.equal($metadata.httpStatusCode, expected.status);
    if (expected.message instanceof RegExp) assert.match(message, expected.message);
    else if (expected.message !== undefined) assert.equal(message, expected.message);
    return true;
  });
}
