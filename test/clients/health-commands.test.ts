import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { startHttpEndpoint } from "../support/http-endpoint.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";
import type { Json } from "../support/aws-cli.ts";

/** Every look is a command of its own, on a machine that may have much to do. */
const waitMs = 20_000;

type Ended = { code: number; stdout: string; stderr: string };

describe("commands for health", () => {
  let signpost: SignpostProcess;

  before(async () => {
    const args = ["--workers", "1", "--health-allow", "127.0.0.0/8", "--location", "tokyo"];
    signpost = await startSignpost({ args });
  });
  after(() => signpost.stop());

  function run(...args: string[]): Promise<Ended> {
    const words = [...args, "--data", signpost.dataDir];
    return new Promise((resolve) => {
      execFile(repositoryPath("bin/signpost"), words, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout: stdout.trim(), stderr });
      });
    });
  }

  async function done(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  async function shown(...args: string[]): Promise<Json> {
    return JSON.parse(await done(...args, "--json"));
  }

  test("a check is created, seen to fail, changed and deleted", async (t) => {
    const received: Json[] = [];
    const hook = await startHttpEndpoint((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += String(chunk)));
      request.on("end", () => {
        received.push(...JSON.parse(body).events);
        response.end();
      });
    });
    t.after(() => hook.stop());
    const secret = await done("notification", "create", "pager", "--url", hook.url);
    assert.match(secret, /^secret [\w-]{43}$/);
    assert.match(await done("notification", "test", "pager"), /delivered to pager: HTTP 200/);

    const endpoint = await startHttpEndpoint();
    t.after(() => endpoint.stop());
    const quick = ["--interval", "1", "--up", "1", "--down", "1"];
    const url = `${endpoint.url}/status`;
    const id = await done("health", "create", "--name", "front", "--http", url, ...quick);
    const voted = async (healthy: boolean): Promise<boolean> => {
      const { status } = await shown("health", "show", "front");
      return status.votes?.voting === 1 && status.healthy === healthy;
    };
    await eventually("healthy by a vote", () => voted(true), waitMs);
    assert.match(await done("health"), new RegExp(`${id}  front  ${url}  healthy +1/1`));
    await endpoint.stop();
    await eventually("unhealthy", () => voted(false), waitMs);
    assert.match(await done("health", "show", id), /status +UNHEALTHY since[^]*tokyo +unhealthy/);
    const events = await shown("health", "events", "--check", id);
    const flip = events.find((event: Json) => event.type === "health-check.status");
    assert.deepEqual([flip.from, flip.to, flip.name], ["healthy", "unhealthy", "front"]);
    assert.match(await done("health", "events"), /front  healthy → unhealthy: 0 of 1/);
    const isTold = () => received.some((event) => event.id === flip.id);
    await eventually("the webhook is told", isTold, waitMs);
    assert.equal(received[0].type, "test");

    const set = await shown("health", "set", "front", "--votes", "2", "--locations", "a,b");
    assert.deepEqual(set.extension.votes, { count: 2 });
    assert.deepEqual(set.extension.locations, ["a", "b"]);
    const all = await shown("health", "set", "front", "--locations", "all", "--votes", "30%");
    assert.deepEqual([all.extension.locations, all.extension.votes], [undefined, { share: 0.3 }]);
    assert.equal((await shown("health", "set", "front", "--plain")).extension, undefined);
    await done("health", "delete", "front");
    assert.equal(await done("health"), "no health checks");
  });

  test("every kind of check is created from its option", async () => {
    const kinds: [option: string, value: string, type: string, probe?: object][] = [
      ["--tcp", "127.0.0.1:9", "TCP"],
      ["--http", "https://[2001:4860::1]/x?y=1", "HTTPS"],
      ["--rtt", "127.0.0.1:9,20", "TCP", { kind: "rtt", rttMaxMs: 20 }],
      ["--grpc", "127.0.0.1:9/shop", "TCP", { kind: "grpc", tls: false, service: "shop" }],
      ["--tls-expiry", "example.net,14", "TCP", { kind: "tls-expiry", daysMin: 14 }],
      ["--heartbeat", "60", "CALCULATED", { kind: "heartbeat", everySeconds: 60 }],
    ];
    for (const [option, value, type, probe] of kinds) {
      const check = await shown("health", "create", "--name", option.slice(2), option, value);
      assert.equal(check.config.type, type, option);
      assert.partialDeepStrictEqual(check.extension?.probe ?? {}, probe ?? {}, option);
    }
    const server = ["--dns", "example.net@127.0.0.1:5353"];
    const dns = await shown("health", "create", "--name", "dns", ...server);
    assert.deepEqual([dns.config.port, dns.extension.probe.qname], [5353, "example.net."]);
    const expression = ["--expression", 'dns AND NOT "tls-expiry"'];
    const { extension } = await shown("health", "create", ...expression);
    assert.deepEqual(Object.keys(extension.checks), ["dns", "tls-expiry"]);
    assert.equal(extension.checks.dns, dns.id);
    await done("health", "beat", "heartbeat");
    const { id, extension: own } = await shown("health", "show", "heartbeat");
    const url = `${signpost.api}/signpost/v1/heartbeats/${id}`;
    const statuses = [own.probe.token, "wrong"].map(async (token) => {
      return (await fetch(`${url}/${token}`, { method: "POST" })).status;
    });
    assert.deepEqual(await Promise.all(statuses), [200, 404]);
    const refused = await run("health", "delete", "dns");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /is a child of the calculated health check/);
  });

  test("routing controls are switched as safety rules allow", async () => {
    for (const name of ["east", "west"]) await done("routing-control", "create", name);
    const rule = ["one", "--controls", "east,west", "--at-least", "1"];
    await done("safety-rule", "create", ...rule);
    assert.match(await done("safety-rule", "list"), /one +assertion +at least 1 of east, west On/);
    assert.equal(await done("routing-control", "on", "east", "west"), "east is On\nwest is On");
    const refused = await run("routing-control", "off", "east", "west");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /assertion rule one wants at least 1 of east, west On/);
    await done("routing-control", "off", "east", "west", "--override", "one");
    const listed = await shown("routing-control", "list");
    assert.deepEqual(
      listed.map(({ name, state }: Json) => `${name} ${state}`),
      ["east Off", "west Off"],
    );
    await done("safety-rule", "delete", "one");
    for (const name of ["east", "west"]) await done("routing-control", "delete", name);
  });

  test("command lines that make no sense say so, and every command helps", async () => {
    const wrong = [
      ["health", "create"],
      ["health", "create", "--tcp", "nowhere"],
      ["health", "set", "x"],
      ["health", "set", "x", "--votes", "many"],
      ["health", "nothing"],
      ["routing-control", "on"],
    ];
    for (const words of wrong) assert.equal((await run(...words)).code, 2, words.join(" "));
    assert.match((await run("health", "show", "none")).stderr, /no health check has it/);
    assert.match(await done("health", "events", "--help"), /Example: bin\/signpost health events/);
  });
});
