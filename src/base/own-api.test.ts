import assert from "node:assert/strict";
import test from "node:test";
import { readAccessKey, signOwnCall } from "./own-api.ts";

const file = `# keys
[default]
aws_access_key_id = AKDEFAULT
aws_secret_access_key = secret/one+=

[ checkers ]
aws_secret_access_key=two
aws_access_key_id=AKCHECKERS
[half]
aws_access_key_id = AKHALF
`;

test("readAccessKey() takes the key of the profile, whatever the order", () => {
  const first = { accessKeyId: "AKDEFAULT", secretAccessKey: "secret/one+=" };
  assert.deepEqual(readAccessKey(file), first);
  const second = { accessKeyId: "AKCHECKERS", secretAccessKey: "two" };
  assert.deepEqual(readAccessKey(file, "checkers"), second);
});

test("readAccessKey() finds nothing in half a profile, in another, in none", () => {
  assert.equal(readAccessKey(file, "half"), undefined);
  assert.equal(readAccessKey(file, "other"), undefined);
  assert.equal(readAccessKey(""), undefined);
});

test("signOwnCall() goes below the own prefix of the endpoint", async () => {
  const key = { accessKeyId: "AK", secretAccessKey: "s" };
  const { target, headers } = await signOwnCall(
    { endpoint: new URL("http://127.0.0.1:8053"), key },
    { method: "PUT", path: "checkers/a/table", query: { region: "a b" }, sha256: "00" },
  );
  assert.equal(target.href, "http://127.0.0.1:8053/signpost/v1/checkers/a/table?region=a%20b");
  assert.match(headers["authorization"] ?? "", /^AWS4-HMAC-SHA256 Credential=AK\/.*\/signpost\//);
});
