import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { readCheckerSettings } from "./checker-settings.ts";
import { SettingsError } from "./setting-values.ts";

const key = { accessKeyId: "AKONE", secretAccessKey: "one" };
const place = ["--location", "tokyo", "--join", "http://192.0.2.1:8053"];

/** A data directory whose credentials have the profiles `default` and `checkers`. */
function dataDirectory(t: TestContext): string {
  const data = mkdtempSync(join(tmpdir(), "signpost-checker-"));
  t.after(() => rmSync(data, { recursive: true }));
  const profile = (name: string, id: string): string =>
    `[${name}]\naws_access_key_id = ${id}\naws_secret_access_key = one\n`;
  const text = profile("default", "AKONE") + profile("checkers", "AKTWO");
  writeFileSync(join(data, "credentials"), text);
  return data;
}

test("readCheckerSettings() takes flags, then the environment", (t) => {
  const data = dataDirectory(t);
  const env = { SIGNPOST_LOCATION: "paris", SIGNPOST_DATA: data, SIGNPOST_ALLOW_SCRIPTS: "yes" };
  const settings = readCheckerSettings([...place, "--region", "ap-northeast-1"], env);
  assert.deepEqual(settings, {
    location: "tokyo",
    region: "ap-northeast-1",
    join: new URL("http://192.0.2.1:8053"),
    key,
    scriptsAllowed: true,
    logLevel: "info",
  });
  const other = readCheckerSettings(["--join", "https://signpost.test", "--data", data], env);
  assert.equal(other.location, "paris");
  assert.equal(other.region, null);
});

test("readCheckerSettings() takes a region with the name, as `up` does", (t) => {
  const args = ["--location", "tokyo=ap-northeast-1", "--join", "http://h", "--data"];
  assert.equal(readCheckerSettings([...args, dataDirectory(t)], {}).region, "ap-northeast-1");
});

test("readCheckerSettings() finds the key where it is said to be", (t) => {
  const data = dataDirectory(t);
  const file = join(data, "credentials");
  const pair = { AWS_ACCESS_KEY_ID: "AKENV", AWS_SECRET_ACCESS_KEY: "e" };
  const cases: [args: string[], env: NodeJS.ProcessEnv, id: string][] = [
    [["--data", data], {}, "AKONE"],
    [["--credentials", file, "--profile", "checkers"], {}, "AKTWO"],
    [["--data", data], { AWS_PROFILE: "checkers" }, "AKTWO"],
    [[], { AWS_SHARED_CREDENTIALS_FILE: file }, "AKONE"],
    [[], pair, "AKENV"],
    [["--data", data], pair, "AKENV"],
    [["--credentials", file], pair, "AKONE"],
  ];
  for (const [args, env, id] of cases) {
    const settings = readCheckerSettings([...place, ...args], env);
    assert.equal(settings.key.accessKeyId, id, JSON.stringify([args, env]));
  }
});

test("readCheckerSettings() refuses what it cannot use", (t) => {
  const data = dataDirectory(t);
  const withData = [...place, "--data", data];
  const cases: [args: string[], message: RegExp][] = [
    [[], /--location is missing/],
    [["--location", "tokyo"], /--join is missing/],
    [[...withData, "--location", "To kyo"], /setting location: location To kyo is not a name/],
    [[...withData, "--region", "asia"], /setting location: region asia does not look like/],
    [[...withData, "--join", "192.0.2.1:8053"], /setting join: 192.0.2.1:8053 is not http:/],
    [[...withData, "--join", "http://h/path"], /setting join/],
    [[...withData, "--profile", "none"], /no key in profile none/],
    [[...place, "--credentials", "/nowhere/file"], /\/nowhere\/file: it is not there; make a key/],
    [[...withData, "--log-level", "loud"], /setting log-level: loud is none of/],
    [[...withData, "--speed", "9"], /Unknown option '--speed'/],
    [[...withData, "extra"], /Unexpected argument 'extra'/],
  ];
  for (const [args, message] of cases) {
    assert.throws(() => readCheckerSettings(args, {}), { name: "SettingsError", message });
  }
  const env = { SIGNPOST_ALLOW_SCRIPTS: "perhaps" };
  assert.throws(() => readCheckerSettings(withData, env), SettingsError);
});
