import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import type { TestContext } from "node:test";
import { askAddress, untilAddress } from "../support/ask-address.ts";
import { startDiscover } from "../support/discover-process.ts";
import { eventually } from "../support/eventually.ts";
import { MemoryRegistry } from "../support/memory-registry.ts";
import { startRealDocker } from "../support/real-docker.ts";
import type { RealDocker } from "../support/real-docker.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import { startWatcher } from "../support/watched-engine.ts";

// The same as with the stand-in, with a Docker Engine and containers that are real.

let real: RealDocker | string;
before(async () => {
  real = await startRealDocker();
});
after(async () => {
  if (typeof real !== "string") await real.stop();
});

/** A test with the engine; skipped, and told why, where there is none. */
function testWithDocker(name: string, body: (t: TestContext, engine: RealDocker) => Promise<void>) {
  test(name, async (t) => {
    if (typeof real === "string") return t.skip(real);
    await body(t, real);
  });
}

testWithDocker("a real engine, a real Signpost: drain, then docker stop", async (t, engine) => {
  const { docker, socketPath } = engine;
  const signpost = await startSignpost({ args: ["--workers", "1"] });
  const control = `${signpost.dataDir}/discover.sock`;
  const watcher = startDiscover([
    ...["--data", signpost.dataDir, "--docker", socketPath, "--control", control],
    ...["--create-services", "--create-namespaces", "public", "--ttl", "1"],
  ]);
  t.after(async () => {
    await watcher.kill("SIGTERM");
    docker("rm", "-f", "web");
    await signpost.stop();
  });
  await watcher.ready;
  docker("run", "-d", "--name", "web", "--network", "front", ...labels, ...server);
  const address = docker(
    ...["inspect", "--format", "{{.NetworkSettings.Networks.front.IPAddress}}", "web"],
  );
  await untilAddress(signpost.dns, "web.shop.local", `${address} 1`);
  const bin = repositoryPath("bin/signpost");
  execFileSync(bin, ["discover", "drain", "web", "--control", control], { stdio: "pipe" });
  assert.equal(await askAddress(signpost.dns, "web.shop.local"), "NXDOMAIN");
  assert.equal(docker("inspect", "--format", "{{.State.Running}}", "web"), "true");
  docker("stop", "web");
  docker("start", "web");
  const again = docker(
    ...["inspect", "--format", "{{.NetworkSettings.Networks.front.IPAddress}}", "web"],
  );
  await untilAddress(signpost.dns, "web.shop.local", `${again} 1`);
});

/** Obeys SIGTERM, as a server would. */
const server = ["busybox", "/bin/sh", "-c", 'trap "exit 0" TERM; while true; do sleep 0.1; done'];
/** Takes its time to end: what drains must be out before it does. */
const slow = [
  "busybox",
  "/bin/sh",
  "-c",
  'trap "sleep 2; exit 0" TERM; while true; do sleep 0.1; done',
];

function registered(registry: MemoryRegistry): string {
  return [...registry.content.values()]
    .map(({ attributes, health }) => `${attributes["SIGNPOST_CONTAINER"]} ${health}`)
    .toSorted()
    .join(", ");
}

async function watched(t: TestContext, { socketPath }: RealDocker, syncMs = 60_000) {
  const registry = new MemoryRegistry();
  registry.addService("web", { ttlSeconds: 1 });
  const watcher = await startWatcher({ socketPath, registry, syncMs });
  t.after(() => watcher.stop());
  const see = (wanted: string) =>
    eventually(`registered ${wanted}`, () => registered(registry) === wanted);
  return { registry, watcher, see };
}

const labels = ["--label", "signpost.service=web.shop.local", "--label", "signpost.port=80"];

testWithDocker("a real engine: run, health, pause, rename, network, stop", async (t, engine) => {
  const { registry, see } = await watched(t, engine);
  const { docker } = engine;
  const check = [
    "--health-cmd",
    "test -e /tmp/ok",
    "--health-interval",
    "1s",
    "--health-retries",
    "1",
  ];
  t.after(() => docker("rm", "-f", "web-2"));
  docker("run", "-d", "--name", "web-1", "--network", "front", ...labels, ...check, ...server);
  await see("web-1 UNHEALTHY");
  const [instance] = registry.content.values();
  assert.match(instance?.attributes["AWS_INSTANCE_IPV4"] ?? "", /^172\.31\.77\.\d+$/);
  assert.equal(instance?.attributes["AWS_INSTANCE_PORT"], "80");
  docker("exec", "web-1", "/bin/touch", "/tmp/ok");
  await see("web-1 HEALTHY");
  docker("exec", "web-1", "/bin/rm", "/tmp/ok");
  await see("web-1 UNHEALTHY");
  docker("exec", "web-1", "/bin/touch", "/tmp/ok");
  await see("web-1 HEALTHY");
  docker("pause", "web-1");
  await see("web-1 UNHEALTHY");
  docker("unpause", "web-1");
  await see("web-1 HEALTHY");
  docker("rename", "web-1", "web-2");
  await see("web-2 HEALTHY");
  docker("network", "disconnect", "front", "web-2");
  await see("");
  docker("network", "connect", "front", "web-2");
  await see("web-2 HEALTHY");
  docker("kill", "--signal", "KILL", "web-2");
  await see("");
  docker("start", "web-2");
  await see("web-2 UNHEALTHY");
});

testWithDocker(
  "a real engine: docker stop drains while the process still runs",
  async (t, engine) => {
    const { see } = await watched(t, engine);
    const { docker } = engine;
    t.after(() => docker("rm", "-f", "slow"));
    docker("run", "-d", "--name", "slow", "--network", "front", ...labels, ...slow);
    await see("slow HEALTHY");
    docker("kill", "--signal", "TERM", "slow");
    await see("");
    const state = docker("inspect", "--format", "{{.State.Running}}", "slow");
    assert.equal(state, "true", "it was out of the service while it still ran");
    await eventually("it ends", () => {
      return docker("inspect", "--format", "{{.State.Running}}", "slow") === "false";
    });
  },
);

testWithDocker(
  "a real engine: drain, restart, and what happened while nobody watched",
  async (t, engine) => {
    const { registry, watcher, see } = await watched(t, engine);
    const { docker } = engine;
    t.after(() => docker("rm", "-f", "drained", "comes"));
    docker("run", "-d", "--name", "drained", "--network", "front", ...labels, ...server);
    await see("drained HEALTHY");
    const outcome = await watcher.drain("drained");
    assert.deepEqual([outcome?.instances, outcome?.ttlSeconds], [1, 1]);
    assert.equal(registered(registry), "");
    docker("restart", "drained");
    await see("drained HEALTHY");
    watcher.stop();
    docker("rm", "-f", "drained");
    docker("run", "-d", "--name", "comes", "--network", "front", ...labels, ...server);
    const second = await startWatcher({ socketPath: engine.socketPath, registry });
    t.after(() => second.stop());
    await see("comes HEALTHY");
  },
);
