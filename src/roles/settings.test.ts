import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { formatEndpoint } from "../dataplane/server/socket-address.ts";
import { SettingsError } from "./setting-values.ts";
import { readSettings } from "./settings.ts";

test("readSettings() takes flag, then environment, then file, then default", (t) => {
  const data = mkdtempSync(join(tmpdir(), "signpost-settings-"));
  t.after(() => rmSync(data, { recursive: true }));
  writeFileSync(join(data, "signpost.conf"), "nsid=file\nworkers=3\n# note\nio=dgram\n");
  const env = {
    SIGNPOST_NSID: "environment",
    SIGNPOST_WORKERS: "2",
    SIGNPOST_DNS: "[::1]:53,127.0.0.2:54",
  };
  const settings = readSettings(
    ["--data", data, "--nsid", "flag", "--limits", "MAX_HOSTED_ZONES_BY_OWNER=7"],
    env,
  );
  assert.equal(settings.nsid, "flag");
  assert.equal(settings.workers, 2);
  assert.equal(settings.io, "dgram");
  assert.equal(settings.logLevel, "info");
  assert.deepEqual(settings.limits, { MAX_HOSTED_ZONES_BY_OWNER: 7 });
  assert.deepEqual(settings.dns.map(formatEndpoint), ["[::1]:53", "127.0.0.2:54"]);
});

test("readSettings() has one location unless it is told of others, or of none", () => {
  const locations = (...args: string[]) => readSettings(args, {}).locations;
  assert.deepEqual(locations(), [{ location: "local", region: null }]);
  assert.deepEqual(locations("--location", "tokyo=ap-northeast-1", "--location", "paris"), [
    { location: "tokyo", region: "ap-northeast-1" },
    { location: "paris", region: null },
  ]);
  assert.deepEqual(locations("--location", "none"), []);
});

test("readSettings() has no resolver unless it is told where it listens", () => {
  assert.deepEqual(readSettings([], {}).resolver.listen, []);
  const args = ["--resolver", "127.0.0.1:5301", "--resolver", "[::1]:53=vpc-1a2b", "--workers=3"];
  const { resolver } = readSettings([...args, "--upstream", "::1,192.0.2.1:54"], {});
  assert.deepEqual(resolver.listen, [
    { endpoint: { address: "127.0.0.1", port: 5301 } },
    { endpoint: { address: "::1", port: 53 }, vpcId: "vpc-1a2b" },
  ]);
  assert.deepEqual(resolver.upstreams, [
    { address: "::1", port: 53, protocol: "Do53" },
    { address: "192.0.2.1", port: 54, protocol: "Do53" },
  ]);
  assert.deepEqual(resolver.inbound.ports, { Do53: 53, DoT: 853, DoH: 443 });
  assert.deepEqual([resolver.workers, resolver.cacheSize], [3, 64 * 1024 * 1024]);
});

test("readSettings() takes as long a TTL as a record may have", () => {
  const { resolver } = readSettings(["--resolver-ttl-max", "2147483647"], {});
  assert.equal(resolver.cache.ttlMaxSeconds, 2_147_483_647);
});

test("readSettings() refuses what it cannot use", () => {
  const cases: [string[], RegExp][] = [
    [["--dns", "localhost:53"], /setting dns: localhost:53 is not ADDRESS:PORT/],
    [["--dns", "127.0.0.1:65536"], /setting dns/],
    [["--io", "xdp:a-name-too-long0"], /is not xdp:INTERFACE/],
    [["--io", "xdp"], /setting io: xdp is not xdp:INTERFACE/],
    [["--io", "tap:eth0"], /setting io: tap:eth0 is none of auto, mmsg, dgram/],
    [["--workers", "0"], /setting workers: 0 is no whole number from 1 to 256/],
    [["--workers", "two"], /setting workers/],
    [["--limits", "MAX_FUN=1"], /setting limits: MAX_FUN is none of MAX_HEALTH/],
    [["--limits", "MAX_HOSTED_ZONES_BY_OWNER=many"], /setting limits: many is no whole number/],
    [["--name-servers", "a.test,b.test"], /setting name-servers: 2 names, not 4/],
    [["--location", "To kyo"], /setting location: location To kyo is not a name/],
    [["--location", "tokyo=asia"], /setting location: region asia does not look like us-east-1/],
    [["--location", "a", "--location", "a=us-east-1"], /setting location: a is given twice/],
    [["--location", "a,none"], /setting location: none stands for no location/],
    [["--unknown-vpcs", "yes"], /setting unknown-vpcs: yes is none of refuse, accept/],
    [["--allow-scripts", "true"], /setting allow-scripts: true is none of yes, no/],
    [["--pin-workers", "2"], /setting pin-workers: 2 is none of yes, no/],
    [["--busy-poll-us", "20000"], /setting busy-poll-us: 20000 is no whole number from 0/],
    [["--health-allow", "10.0.0.0"], /setting health-allow: 10.0.0.0 is not ADDRESS\/LENGTH/],
    [["--udp-payload-size", "100"], /setting udp-payload-size/],
    [["--config", "/nonexistent/signpost.conf"], /Cannot read configuration file/],
    [["--resolver", "127.0.0.1"], /setting resolver: 127.0.0.1 is not ADDRESS:PORT/],
    [["--resolver", "127.0.0.1:53=web"], /setting resolver: .* is not ADDRESS:PORT=VPC-ID/],
    [["--upstream", "dns.test"], /setting upstream: dns.test is not ADDRESS:PORT/],
    [["--resolver-ttl-max", "2147483648"], /2147483648 is no whole number from 0 to 2147483647/],
    [["--resolver-cache-size", "0"], /setting resolver-cache-size: 0 is no whole number from 1/],
    [
      ["--resolver-ttl-min", "9", "--resolver-ttl-max", "8"],
      /setting resolver-ttl-min: 9 is above/,
    ],
    [["--inbound-port", "Do53"], /setting inbound-port:  is no whole number from 1 to 65535/],
    [["--inbound-port", "DoQ=853"], /setting inbound-port: DoQ is none of Do53, DoT, DoH/],
    [["--inbound-port", "DoT=53"], /setting inbound-port: two protocols on one port/],
    [["--resolver-certificate", "a.pem"], /setting resolver-key: it is missing/],
    [["--colour", "blue"], /colour/],
    [["stray"], /stray/],
  ];
  for (const [args, message] of cases) {
    assert.throws(
      () => readSettings(args, {}),
      (error) => {
        assert.ok(error instanceof SettingsError);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});
