import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import {
  CreateServiceCommand,
  DiscoverInstancesCommand,
  RegisterInstanceCommand,
} from "@aws-sdk/client-servicediscovery";
import { askAddress, untilAddress } from "../support/ask-address.ts";
import { cloudMapClient, operationDone, publicNamespace } from "../support/cloud-map-client.ts";
import { startDiscover } from "../support/discover-process.ts";
import { DockerEngineStandIn } from "../support/docker-engine.ts";
import { eventually } from "../support/eventually.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

const runFile = promisify(execFile);
const name = "web.shop.example";
const labels = { "signpost.service": name, "signpost.port": "80" };

type WorldOptions = { ttl?: number; hasCustomHealth?: boolean; args?: string[] };

/** A Signpost with one service, an engine, and what starts watchers between them. */
async function world(
  t: TestContext,
  { ttl = 2, hasCustomHealth = true, args = [] }: WorldOptions = {},
) {
  const directory = mkdtempSync(join(tmpdir(), "signpost-discover-"));
  const signpost = await startSignpost({ args: ["--workers", "1", ...args] });
  const engine = new DockerEngineStandIn({ socketPath: join(directory, "docker.sock") });
  await engine.listen();
  const client = cloudMapClient(signpost);
  const watchers: ReturnType<typeof startDiscover>[] = [];
  t.after(async () => {
    for (const watcher of watchers) await watcher.kill("SIGKILL");
    client.destroy();
    await engine.close();
    await signpost.stop();
    rmSync(directory, { recursive: true });
  });
  const { Service: service } = await client.send(
    new CreateServiceCommand({
      Name: "web",
      NamespaceId: await publicNamespace(client, "shop.example"),
      DnsConfig: { RoutingPolicy: "MULTIVALUE", DnsRecords: [{ Type: "A", TTL: ttl }] },
      ...(hasCustomHealth ? { HealthCheckCustomConfig: { FailureThreshold: 1 } } : {}),
    }),
  );
  const control = join(directory, "discover.sock");
  const watch = async (...args: string[]) => {
    const watcher = startDiscover([
      ...["--data", signpost.dataDir, "--docker", engine.socketPath, "--control", control],
      ...args,
    ]);
    watchers.push(watcher);
    assert.match(await watcher.ready, /^signpost discover ready host=\S+ docker=20.10.24/);
    return watcher;
  };
  const command = (...words: string[]) =>
    runFile(repositoryPath("bin/signpost"), ["discover", ...words, "--control", control]);
  const answers = () => askAddress(signpost.dns, name);
  const serviceId = service?.Id ?? "";
  return { t, signpost, engine, client, watch, command, control, answers, serviceId, ttl };
}

/** Makes a change, waits until DNS has it, and tells how long that took. */
async function follows(
  { signpost, t }: Pick<Awaited<ReturnType<typeof world>>, "signpost" | "t">,
  wanted: string,
  change: () => void,
): Promise<void> {
  const startMs = performance.now();
  change();
  await untilAddress(signpost.dns, name, wanted);
  t.diagnostic(`DNS is ${wanted} after ${Math.round(performance.now() - startMs)} ms`);
}

test("DNS follows containers: they start, turn unhealthy, die", async (t) => {
  const here = await world(t);
  const { engine, client, ttl } = here;
  const watcher = await here.watch();
  let first = "";
  await follows(here, "172.31.77.2 2", () => (first = engine.run({ name: "web-1", labels })));
  let second = "";
  const both = `${engine.ipv4(first)} ${ttl}, 172.31.77.3 ${ttl}`;
  second = engine.run({ name: "web-2", labels, hasHealthCheck: true });
  await eventually("it is registered", () => watcher.log().includes(second.slice(0, 12)));
  assert.equal(await here.answers(), `172.31.77.2 ${ttl}`, "starting is not healthy");
  await follows(here, both, () => engine.setHealth(second, "healthy"));
  const discovered = await client.send(
    new DiscoverInstancesCommand({ NamespaceName: "shop.example", ServiceName: "web" }),
  );
  const attributes = discovered.Instances?.find(({ InstanceId }) => {
    return InstanceId === second.slice(0, 12);
  })?.Attributes;
  assert.deepEqual(
    [attributes?.["AWS_INSTANCE_PORT"], attributes?.["SIGNPOST_CONTAINER"]],
    ["80", "web-2"],
  );
  await follows(here, `172.31.77.2 ${ttl}`, () => engine.setHealth(second, "unhealthy"));
  await follows(here, both, () => engine.setHealth(second, "healthy"));
  await follows(here, `172.31.77.3 ${ttl}`, () => engine.die(first, 137));
  await follows(here, "NXDOMAIN", () => engine.die(second));
});

test("discover drain blocks until nobody has the address; discover resume takes it back", async (t) => {
  const here = await world(t);
  const { engine, ttl } = here;
  await here.watch();
  const id = engine.run({ name: "web-1", labels });
  await untilAddress(here.signpost.dns, name, `${engine.ipv4(id)} ${ttl}`);

  const startMs = performance.now();
  const drained = here.command("drain", "web-1");
  await untilAddress(here.signpost.dns, name, "NXDOMAIN");
  const leftMs = performance.now();
  const { stdout } = await drained;
  const tookMs = performance.now() - startMs;
  assert.equal(stdout, `drained web-1: 1 instances, TTL ${ttl} s\n`);
  assert.ok(performance.now() - leftMs >= ttl * 1000 - 250, `released too soon: ${tookMs} ms`);
  assert.equal(await here.answers(), "NXDOMAIN");
  await here.command("resume", "web-1");
  await untilAddress(here.signpost.dns, name, `${engine.ipv4(id)} ${ttl}`);

  const refused = here.command("drain", "nobody");
  await assert.rejects(refused, { code: 1, stderr: "Cannot drain nobody: no such container\n" });
  const unreachable = runFile(repositoryPath("bin/signpost"), [
    ...["discover", "drain", "web-1", "--control", `${here.control}.not`],
  ]);
  await assert.rejects(unreachable, (error: { code?: number; stderr?: string }) => {
    return error.code === 3 && /Cannot reach the container watcher/.test(error.stderr ?? "");
  });
});

test("discover drain takes several containers at once, and waits no longer than allowed", async (t) => {
  const here = await world(t, { ttl: 60 });
  const { engine } = here;
  await here.watch("--drain-max", "1");
  for (const web of ["web-1", "web-2"]) engine.run({ name: web, labels });
  await eventually("both are there", async () => (await here.answers()).includes(","));
  const { stdout } = await here.command("drain", "web-1", "web-2", "--json");
  const drained = JSON.parse(stdout) as { name: string; isCutShort: boolean }[];
  assert.deepEqual(
    drained.map(({ name: drainedName }) => drainedName),
    ["web-1", "web-2"],
  );
  assert.equal(drained[1]?.isCutShort, true);
  assert.equal(await here.answers(), "NXDOMAIN");
  const nobody = here.command("drain");
  await assert.rejects(nobody, { code: 2 });
});

test("docker stop: out of DNS with the first signal, while the container still answers", async (t) => {
  const here = await world(t);
  const { engine, ttl } = here;
  await here.watch();
  const id = engine.run({ name: "web-1", labels });
  await untilAddress(here.signpost.dns, name, `${engine.ipv4(id)} ${ttl}`);
  await follows(here, "NXDOMAIN", () => engine.signal(id, 15));
  engine.die(id);
  await follows(here, `${engine.ipv4(id)} ${ttl}`, () => engine.start(id));
});

test("a watcher that was killed leaks nothing: its next start puts everything right", async (t) => {
  const here = await world(t, { hasCustomHealth: false });
  const { engine, client, serviceId, ttl } = here;
  const { OperationId } = await client.send(
    new RegisterInstanceCommand({
      ...{ ServiceId: serviceId, InstanceId: "by-hand" },
      Attributes: { AWS_INSTANCE_IPV4: "192.0.2.1" },
    }),
  );
  await operationDone(client, OperationId);
  const watcher = await here.watch();
  const goes = engine.run({ name: "goes", labels });
  const stays = engine.run({ name: "stays", labels });
  const [gone, kept] = [engine.ipv4(goes), engine.ipv4(stays)];
  const byHand = `192.0.2.1 ${ttl}`;
  await untilAddress(here.signpost.dns, name, `${gone} ${ttl}, ${kept} ${ttl}, ${byHand}`);
  await watcher.kill("SIGKILL");
  engine.stop(goes);
  engine.remove(goes);
  const comes = engine.run({ name: "comes", labels });
  const come = engine.ipv4(comes);
  await here.watch();
  await untilAddress(here.signpost.dns, name, `${kept} ${ttl}, ${come} ${ttl}, ${byHand}`);
});

test("discover forget takes out a machine that is gone, and no other", async (t) => {
  const here = await world(t);
  const { engine, signpost, ttl } = here;
  const watcher = await here.watch("--host", "docker-7");
  const gone = engine.run({ name: "gone", labels });
  await untilAddress(signpost.dns, name, `${engine.ipv4(gone)} ${ttl}`);
  await watcher.kill("SIGKILL");
  const left = engine.ipv4(gone);
  engine.remove(gone);
  const stays = engine.run({ name: "stays", labels });
  await here.watch("--host", "docker-8");
  await untilAddress(signpost.dns, name, `${left} ${ttl}, ${engine.ipv4(stays)} ${ttl}`);
  const bin = repositoryPath("bin/signpost");
  const words = ["discover", "forget", "docker-7", "--data", signpost.dataDir];
  const { stdout } = await runFile(bin, words);
  assert.equal(stdout, "forgot docker-7: 1 instances\n");
  await untilAddress(signpost.dns, name, `${engine.ipv4(stays)} ${ttl}`);
  await assert.rejects(runFile(bin, ["discover", "forget"]), { code: 2 });
  const away = runFile(bin, [...words, "--url", "http://127.0.0.1:9"]);
  await assert.rejects(away, { code: 3 });
});

test("the API may restart: what happened meanwhile is told afterwards", async (t) => {
  const here = await world(t);
  const { engine, signpost, ttl } = here;
  const watcher = await here.watch("--url", signpost.api, "--sync", "1");
  const goes = engine.run({ name: "goes", labels });
  await untilAddress(signpost.dns, name, `${engine.ipv4(goes)} ${ttl}`);
  await signpost.kill("SIGKILL");
  engine.die(goes);
  const comes = engine.run({ name: "comes", labels });
  await eventually("it has noticed", () => watcher.log().includes("ECONNREFUSED"));
  const port = new URL(signpost.api).port;
  const again = await startSignpost({
    dataDir: signpost.dataDir,
    args: ["--workers", "1", "--api", `127.0.0.1:${port}`],
  });
  t.after(() => again.stop());
  await untilAddress(again.dns, name, `${engine.ipv4(comes)} ${ttl}`);
});

test("the watcher's own socket answers metrics and health, and belongs to one watcher", async (t) => {
  const here = await world(t);
  const { engine } = here;
  const watcher = await here.watch("--metrics", "127.0.0.1:0");
  engine.run({ name: "web-1", labels });
  engine.run({ name: "lost", labels: { "signpost.service": "api.shop.example" } });
  const ask = async (path: string) => {
    const curl = ["-s", "--unix-socket", here.control, `http://discover${path}`];
    return (await runFile("curl", curl)).stdout;
  };
  await eventually("both are known", async () => {
    return (await ask("/metrics")).includes("signpost_discover_containers 2");
  });
  await eventually("the problem is reported", () => {
    return /no service api in namespace shop.example/.test(watcher.log());
  });
  const metrics = await ask("/metrics");
  assert.match(metrics, /^signpost_discover_containers_unresolved 1$/m);
  assert.match(metrics, /^signpost_discover_engine_connected 1$/m);
  assert.equal(await ask("/healthz"), '{"problems":[]}\n');

  const second = startDiscover([
    ...["--data", here.signpost.dataDir, "--docker", engine.socketPath],
    ...["--control", here.control],
  ]);
  await assert.rejects(second.ready, /another watcher does, name one with --control/);
  await engine.close();
  await eventually("the engine is missed", async () => {
    return (await ask("/healthz")).includes("the Docker Engine is away");
  });
});

test("missing services and namespaces are created where the operator allows it", async (t) => {
  const here = await world(t);
  const { engine } = here;
  await here.watch(...["--create-services", "--create-namespaces", "public", "--ttl", "7"]);
  const more = { "signpost.a.service": "api.shop.example", "signpost.b.service": "db.new.example" };
  const id = engine.run({ name: "web-1", labels: { ...labels, ...more } });
  for (const created of ["api.shop.example", "db.new.example"]) {
    await untilAddress(here.signpost.dns, created, `${engine.ipv4(id)} 7`);
  }
});

test("containers of a private namespace are answered in its VPC, and nowhere else", async (t) => {
  const vpcs = ["vpc-11111111", "vpc-22222222"];
  const args = vpcs.flatMap((id) => ["--resolver", `127.0.0.1:0=${id}`]);
  const here = await world(t, { args });
  const { engine, signpost } = here;
  for (const [index, id] of vpcs.entries()) {
    const words = ["vpc", "create", "--id", id, "--region", "us-east-1"];
    const where = ["--cidr", `10.${index}.0.0/16`, "--data", signpost.dataDir];
    await runFile(repositoryPath("bin/signpost"), [...words, ...where]);
  }
  const [own, other] = signpost.resolvers as [typeof signpost.dns, typeof signpost.dns];
  await here.watch("--create-services", "--create-namespaces", "private", "--vpc", "vpc-11111111");
  const id = engine.run({ name: "backend", labels: { "signpost.service": "backend.local" } });
  await untilAddress(own, "backend.local", `${engine.ipv4(id)} 10`);
  for (const elsewhere of [other, signpost.dns]) {
    assert.doesNotMatch(await askAddress(elsewhere, "backend.local"), /\d/);
  }
  engine.signal(id, 15);
  await untilAddress(own, "backend.local", "NXDOMAIN");
});

test("--help and settings that make no sense", async () => {
  const bin = repositoryPath("bin/signpost");
  const { stdout } = await runFile(bin, ["discover", "docker", "--help"]);
  assert.match(stdout, /--host-address .*\n[^]*Example: bin\/signpost discover docker/);
  const cases: [string[], RegExp][] = [
    [["--docker", "tcp://127.0.0.1:2375"], /tcp:\/\/127.0.0.1:2375 is no unix socket/],
    [["--url", "ftp://x"], /ftp:\/\/x is not http:\/\/HOST:PORT/],
    [["--host-address", "host"], /host is no IP address/],
    [["--create-namespaces", "private"], /--vpc is missing/],
    [["--create-namespaces", "public"], /--create-services is missing/],
    [["--metrics", "localhost"], /localhost is not ADDRESS:PORT/],
    [["--records", "TXT"], /TXT is none of A, AAAA, SRV/],
    [["--drain-max", "9999"], /9999 is no whole number from 0 to 3600/],
    [["--unknown"], /Unknown option '--unknown'/],
  ];
  const env = { ...process.env, AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
  for (const [args, message] of cases) {
    const base = args[0] === "--url" ? [] : ["--url", "http://127.0.0.1:1"];
    const words = ["discover", "docker", ...base, ...args];
    await assert.rejects(
      runFile(bin, words, { env }),
      (error: { code?: number; stderr?: string }) => {
        assert.match(error.stderr ?? "", message);
        return error.code === 2;
      },
    );
  }
});
