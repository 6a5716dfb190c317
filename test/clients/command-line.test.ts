import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, after, describe, test } from "node:test";
import { ListHostedZonesCommand } from "@aws-sdk/client-route-53";
import { writeMmdb } from "../../src/geo/testing/mmdb-writer.ts";
import { ask, untilTxt } from "../support/ask.ts";
import { route53Client } from "../support/route53-client.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

type Ended = { code: number; stdout: string; stderr: string };

describe("command line", () => {
  let signpost: SignpostProcess;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "signpost-commands-"));
    signpost = await startSignpost({ args: ["--workers", "1"] });
  });
  after(async () => {
    await signpost.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function run(...args: string[]): Promise<Ended> {
    return runAnywhere(...args, "--data", signpost.dataDir);
  }

  function runAnywhere(...args: string[]): Promise<Ended> {
    return new Promise((resolve) => {
      execFile(repositoryPath("bin/signpost"), args, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      });
    });
  }

  function write(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  test("zone import makes a zone that answers, zone export gives it back", async () => {
    const file = write(
      "good.zone",
      "$TTL 300\n@ IN SOA ns1 hostmaster 7 7200 900 1209600 60\n@ NS ns1\nns1 A 192.0.2.53\n" +
        '*.txt TXT "a b" ( "c" )\nold DNAME new\nodd TYPE65400 \\# 2 beef\n',
    );
    const imported = await run("zone", "import", file, "--name", "good.test", "--json");
    assert.equal(imported.code, 0, imported.stderr);
    const result = JSON.parse(imported.stdout) as { records: number; created: boolean };
    assert.deepEqual([result.records, result.created], [6, true]);
    await untilTxt(signpost.dns, "any.txt.good.test.", ['"a b" "c"']);
    assert.equal((await ask(signpost.dns, "x.old.good.test.", "A")).answer.length, 2);

    const out = join(folder, "out.zone");
    assert.equal((await run("zone", "export", "good.test", "--out", out)).code, 0);
    const text = readFileSync(out, "utf8");
    assert.match(text, /\sSOA\s+ns1\.good\.test\. hostmaster\.good\.test\. 7 7200/);
    assert.match(text, /TYPE65400\s+\\# 2 beef/i);
    const again = await run("zone", "import", out, "--name", "good.test", "--replace");
    assert.equal(again.code, 0, again.stderr);
    const toStandardOutput = await run("zone", "export", "good.test");
    assert.equal(toStandardOutput.stdout, text);
  });

  test("zone import refuses a file as a whole and names every line", async () => {
    const file = write(
      "bad.zone",
      "$TTL 300\n@ SOA ns1 hostmaster 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.999\nx CNAME y\n" +
        "x A 192.0.2.1\nwww.elsewhere.test. A 192.0.2.1\n$INCLUDE other.zone\n",
    );
    const { code, stderr } = await run("zone", "import", file, "--name", "bad.test");
    assert.equal(code, 1);
    for (const line of [4, 7, 8]) assert.match(stderr, new RegExp(`bad\\.zone:${line}: `));
    assert.match(stderr, /bad\.zone:[56]: .*CNAME/);
    assert.match(stderr, /Cannot import .*: \d+ refused/);
    const { HostedZones } = await route53Client(signpost).send(new ListHostedZonesCommand({}));
    assert.ok(!HostedZones?.some(({ Name }) => Name === "bad.test."), "no zone is left behind");
  });

  test("zone import keeps what is in a zone unless told to replace it", async () => {
    const file = write("full.zone", "$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS a\nwww A 192.0.2.1\n");
    assert.equal((await run("zone", "import", file, "--name", "full.test")).code, 0);
    const second = await run("zone", "import", file, "--name", "full.test");
    assert.equal(second.code, 1);
    assert.match(second.stderr, /holds 1 sets beside its SOA and NS/);
  });

  test("key create, list and delete", async () => {
    const created = await run("key", "create", "--comment", "for a test", "--json");
    const key = JSON.parse(created.stdout) as { accessKeyId: string; secretAccessKey: string };
    const client = route53Client({ ...signpost, ...key });
    await client.send(new ListHostedZonesCommand({}));
    assert.match((await run("key", "list")).stdout, new RegExp(`${key.accessKeyId}.*for a test`));
    assert.equal((await run("key", "delete", key.accessKeyId)).code, 0);
    await assert.rejects(client.send(new ListHostedZonesCommand({})), {
      name: "InvalidClientTokenId",
    });
    const last = await run("key", "delete", signpost.accessKeyId);
    assert.equal(last.code, 1);
    assert.match(last.stderr, /is the last one/);
  });

  test("vpc create, list and delete", async () => {
    const vpc = ["--region", "eu-west-1", "--cidr", "10.7.0.5/16"];
    assert.equal((await run("vpc", "create", "--id", "vpc-0123abcd", ...vpc)).code, 0);
    assert.match((await run("vpc", "list")).stdout, /vpc-0123abcd {2}eu-west-1 {2}10\.7\.0\.0\/16/);
    assert.equal((await run("vpc", "create", "--id", "vpc-0123abcd", ...vpc)).code, 1);
    const bad = await run("vpc", "create", "--id", "vpc-1", ...vpc);
    assert.match(bad.stderr, /id vpc-1 is not vpc- and 8 or 17/);
    const more = ["--cidr", "10.7.0.0/16", "--cidr", "10.8.0.0/16", "--subnet"];
    const subnet = "subnet-0123abcd=10.8.1.0/24";
    const updated = await run("vpc", "update", "vpc-0123abcd", ...more, subnet);
    assert.match(updated.stdout, /10\.7\.0\.0\/16 10\.8\.0\.0\/16 {2}subnet-0123abcd/);
    assert.equal((await run("vpc", "update", "vpc-0123abcd")).code, 2);
    const overlap = ["--id", "vpc-0123abce", "--region", "eu-west-1", "--cidr", "10.0.0.0/8"];
    assert.match(
      (await run("vpc", "create", ...overlap)).stderr,
      /10\.7\.0\.0\/16 of vpc-0123abcd/,
    );
    assert.equal((await run("vpc", "create", ...overlap, "--by-listener")).code, 0);
    assert.match((await run("vpc", "list")).stdout, /vpc-0123abce .* by listener/);
    assert.equal((await run("vpc", "delete", "vpc-0123abce")).code, 0);
  });

  test("vpc host add, list and remove", async () => {
    const vpc = "vpc-0123abcd";
    const added = await run(
      "vpc",
      "host",
      "add",
      vpc,
      "build.corp.test",
      "10.7.0.7",
      "2001:db8::7",
    );
    assert.equal(added.stdout, "build.corp.test.  10.7.0.7 2001:db8::7\n");
    assert.equal((await run("vpc", "host", "list", vpc)).stdout, added.stdout);
    assert.match(
      (await run("vpc", "host", "add", vpc, "a.test", "10.7")).stderr,
      /10\.7 is no IPv4/,
    );
    assert.equal((await run("vpc", "host", "add", vpc, "a.test")).code, 2);
    assert.equal((await run("vpc", "host", "remove", vpc, "build.corp.test")).code, 0);
    assert.equal((await run("vpc", "host", "remove", vpc, "build.corp.test")).code, 1);
    assert.equal((await run("vpc", "delete", vpc)).code, 0);
  });

  test("status tells what is served", async () => {
    const { code, stdout } = await run("status", "--json");
    assert.equal(code, 0);
    const status = JSON.parse(stdout) as { healthy: boolean; dns: string[] };
    assert.deepEqual(status.dns, [`127.0.0.1:${signpost.dns.port}`]);
    assert.equal(status.healthy, true);
  });

  test("geo update takes a file while queries are answered, and refuses a bad one", async () => {
    const file = join(folder, "places.mmdb");
    const data = { country_code: "KR", latitude: 37.5, longitude: 127, city: "Seoul" };
    writeFileSync(file, writeMmdb([{ cidr: "121.134.0.0/16", data }]));
    const updated = await run("geo", "update", "--mmdb", file, "--json");
    assert.equal(updated.code, 0, updated.stderr);
    assert.deepEqual((JSON.parse(updated.stdout) as { files: string[] }).files, [file]);
    const bad = write("bad.mmdb", "no database");
    const refused = await run("geo", "update", "--mmdb", bad);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /Cannot use location file .*bad\.mmdb/);
    assert.match((await run("geo", "status")).stdout, /places\.mmdb/);
    assert.equal((await run("geo", "update", "--default")).code, 0);
    assert.match((await run("geo", "status")).stdout, /comes with Signpost/);
    assert.equal((await run("geo", "update")).code, 2);
  });

  test("mistakes have exit codes and help", async () => {
    const none = await runAnywhere("status", "--data", join(folder, "nobody"));
    assert.equal(none.code, 3);
    assert.match(none.stderr, /Cannot find a running Signpost/);
    assert.equal((await run("zone", "import")).code, 2);
    assert.equal((await run("zone", "import", "x", "--colour", "red")).code, 2);
    assert.equal((await runAnywhere("dance")).code, 2);
    const missing = await run("zone", "import", join(folder, "absent"), "--name", "a.test");
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /Cannot read .*absent/);
    const help = await runAnywhere("zone", "export", "--help");
    assert.equal(help.code, 0);
    assert.match(help.stdout, /Example: bin\/signpost zone export/);
    assert.match((await runAnywhere("--help")).stdout, /zone import FILE/);
  });

  test("credentials are for their owner alone, a second Signpost is refused", async () => {
    assert.equal(statSync(join(signpost.dataDir, "credentials")).mode & 0o777, 0o600);
    const args = ["up", "--data", signpost.dataDir, "--dns", "127.0.0.1:0", "--api", "127.0.0.1:0"];
    const { code, stderr } = await runAnywhere(...args);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`${signpost.pid}`));
    const usage = await runAnywhere("up", "--dns", "nowhere");
    assert.equal(usage.code, 2);
    assert.match(usage.stderr, /setting dns/);
  });

  test("up refuses a port that is taken", async () => {
    const data = join(folder, "taken");
    const dns = `127.0.0.1:${signpost.dns.port}`;
    const { code, stderr } = await runAnywhere("up", "--data", data, "--dns", dns);
    assert.equal(code, 1);
    assert.match(stderr, /Cannot listen: .*EADDRINUSE/);
    const api = new URL(signpost.api).host;
    const second = await runAnywhere("up", "--data", data, "--dns", "127.0.0.1:0", "--api", api);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /Cannot listen: .*EADDRINUSE/);
  });

  test("the launcher finds its way through a link", () => {
    const link = join(folder, "signpost");
    execFileSync("ln", ["-s", repositoryPath("bin/signpost"), link]);
    assert.match(execFileSync(link, ["--help"], { encoding: "utf8" }), /Usage: bin\/signpost/);
  });
});
