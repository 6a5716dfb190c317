import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { readContainer, signalNumber } from "./container.ts";
import type { Container, InspectAnswer } from "./container.ts";
import { planRegistrations } from "./registrations.ts";
import { readServiceLabels } from "./service-labels.ts";

const recorded = JSON.parse(
  readFileSync(new URL("../../test/support/docker-engine-answers.json", import.meta.url), "utf8"),
) as { inspect: InspectAnswer };

const container: Container = {
  ...readContainer(recorded.inspect),
  id: "085f89e54089ddd6227604e40ff962224fee1cb173a009fbe6c5d80ed1929a14",
  labels: {},
};
const options = {
  host: "docker-1",
  hostAddress: { ipv4: "", ipv6: "" },
  namespace: undefined,
  network: undefined,
};

/** The one registration of a container with these labels, or the problems. */
function plan(labels: Record<string, string>, more: Partial<Container> = {}, set = options) {
  const planned = planRegistrations({ ...container, labels, ...more }, set);
  assert.ok(planned.registrations.length <= 1);
  return planned.registrations[0] ?? planned.problems.join("; ");
}

function addressOf(labels: Record<string, string>, more: Partial<Container> = {}, set = options) {
  const planned = plan({ "signpost.service": "web.shop", ...labels }, more, set);
  if (typeof planned === "string") return planned;
  const { AWS_INSTANCE_IPV4, AWS_INSTANCE_IPV6, AWS_INSTANCE_PORT } = planned.attributes;
  return [AWS_INSTANCE_IPV4, AWS_INSTANCE_IPV6, AWS_INSTANCE_PORT].join(" ");
}

test("readContainer() reads what an engine answered", () => {
  const { networks, published, exposedPorts, stopSignal, networkMode, health } = container;
  assert.deepEqual([...networks.keys()], ["net6", "testnet"]);
  assert.deepEqual(networks.get("net6"), { ipv4: "172.31.78.2", ipv6: "fd00:78::2" });
  assert.deepEqual(exposedPorts, ["80/tcp", "81/udp", "9000/tcp"]);
  assert.equal(published.length, 3);
  assert.deepEqual(
    { stopSignal, networkMode, health },
    {
      stopSignal: 3,
      networkMode: "net6",
      health: "none",
    },
  );
  assert.ok(container.isRunning && !container.isPaused && container.startedAtMs > 1.7e12);
});

test("readContainer() of an answer with nothing in it is a container that does not run", () => {
  const empty = readContainer({ Id: "x" });
  assert.equal(empty.isRunning, false);
  assert.equal(empty.startedAtMs, 0);
  assert.equal(empty.stopSignal, 15);
});

test("signalNumber() reads STOPSIGNAL as Docker does", () => {
  const cases = [
    ["SIGQUIT", 3],
    ["quit", 3],
    ["15", 15],
    ["SIGRTMIN+3", 37],
    ["nonsense", 15],
  ] as const;
  for (const [text, signal] of cases) assert.equal(signalNumber(text), signal, text);
});

test("readServiceLabels() reads several services, and what they share", () => {
  const { services, problems } = readServiceLabels({
    "signpost.service": "Web.Shop.local.",
    "signpost.network": "front",
    "signpost.attribute.version": "7",
    "signpost.admin.service": "admin",
    "signpost.admin.namespace": "shop.local",
    "signpost.admin.port": "81/udp",
    "signpost.admin.attribute.version": "8",
    "com.example.other": "left alone",
  });
  assert.deepEqual(problems, []);
  const common = { network: "front", isPublished: false };
  assert.deepEqual(services, [
    {
      ...{ key: "", service: "web.shop.local", namespace: undefined, port: undefined, ...common },
      attributes: { version: "7" },
    },
    {
      ...{ key: "admin", service: "admin", namespace: "shop.local", ...common },
      port: { number: 81, protocol: "udp" },
      attributes: { version: "8" },
    },
  ]);
});

test("readServiceLabels() says what it cannot use", () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ "signpost.servcie": "web" }, /signpost.servcie: no such label/],
    [{ "signpost.service.port": "80" }, /signpost.service.\*: no .service among them/],
    [{ "signpost.service": "web", "signpost.port": "http" }, /http is no port/],
    [{ "signpost.service": "web", "signpost.port": "65536" }, /65536 is no port/],
    [{ "signpost.service": "web", "signpost.published": "yes" }, /yes is none of true, false/],
    [{ "signpost.service": "" }, /it is empty/],
    [{ "signpost.service": "w", "signpost.attribute.AWS_INSTANCE_IPV4": "1" }, /reserved/],
  ];
  for (const [labels, problem] of cases) {
    const { problems, services } = readServiceLabels(labels);
    assert.match(problems.join(), problem);
    assert.equal(services.length, 0);
  }
  const many = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`signpost.k${i}.service`, "web"]),
  );
  assert.match(readServiceLabels(many).problems.join(), /40 services, limit 32/);
});

test("planRegistrations() names the instance by the container", () => {
  const planned = plan({ "signpost.web.service": "web.shop", "signpost.attribute.az": "a" });
  assert.ok(typeof planned !== "string");
  assert.equal(planned.instanceId, "085f89e54089-web");
  assert.deepEqual(planned.attributes, {
    az: "a",
    AWS_INSTANCE_IPV4: "172.31.78.2",
    AWS_INSTANCE_IPV6: "fd00:78::2",
    SIGNPOST_HOST: "docker-1",
    SIGNPOST_CONTAINER: "p1",
    SIGNPOST_CONTAINER_ID: container.id,
  });
});

test("planRegistrations() takes the address and port that labels name", () => {
  const published = { "signpost.published": "true" };
  const known = { ...options, hostAddress: { ipv4: "192.0.2.7", ipv6: "" } };
  const only80 = { exposedPorts: ["80/tcp"] };
  const inProject = {
    networks: new Map([["shop_front", { ipv4: "10.9.0.2", ipv6: "" }]]),
  };
  const project = { "com.docker.compose.project": "shop", "signpost.network": "front" };
  const cases: [string, string][] = [
    [addressOf({}), "172.31.78.2 fd00:78::2 "],
    [addressOf({ "signpost.port": "9000" }), "172.31.78.2 fd00:78::2 9000"],
    [addressOf({}, only80), "172.31.78.2 fd00:78::2 80"],
    [addressOf({ "signpost.network": "testnet" }), "172.31.77.2  "],
    [addressOf({}, {}, { ...options, network: "testnet" } as never), "172.31.77.2  "],
    [addressOf(project, inProject), "10.9.0.2  "],
    [addressOf({ ...published, "signpost.port": "81/udp" }), "127.0.0.1  8082"],
    [addressOf({ ...published, "signpost.port": "80" }, {}, known), "192.0.2.7  8081"],
    [addressOf({ "signpost.port": "80" }, { networkMode: "host" }, known), "192.0.2.7  80"],
  ];
  for (const [planned, expected] of cases) assert.equal(planned, expected);
});

test("planRegistrations() says where there is no address to register", () => {
  const published = { "signpost.published": "true" };
  const none = new Map([["none", { ipv4: "", ipv6: "" }]]);
  const cases: [string, RegExp][] = [
    [
      addressOf({ "signpost.network": "back" }),
      /not on network back \(its networks: net6, testnet\)/,
    ],
    [addressOf({}, { networks: none, networkMode: "none" }), /no address on network none/],
    [addressOf({ ...published, "signpost.port": "80" }), /name it with --host-address/],
    [addressOf({ ...published, "signpost.port": "9000" }), /9000\/tcp is not published/],
    [addressOf(published), /must be said: signpost.port/],
    [addressOf({ "signpost.attribute.a": "\n" }), /attribute a is not as Cloud Map takes it/],
    [addressOf({ "signpost.attribute.a": "x".repeat(5_000) }), /limit 5000/],
  ];
  for (const [planned, problem] of cases) assert.match(planned, problem);
});

test("planRegistrations() is healthy only with a healthy answer, or without a HEALTHCHECK", () => {
  const cases = [
    [{ health: "none" }, "HEALTHY"],
    [{ health: "starting" }, "UNHEALTHY"],
    [{ health: "healthy" }, "HEALTHY"],
    [{ health: "unhealthy" }, "UNHEALTHY"],
    [{ health: "healthy", isPaused: true }, "UNHEALTHY"],
  ] as const;
  for (const [more, health] of cases) {
    const planned = plan({ "signpost.service": "web.shop" }, more);
    assert.equal(typeof planned === "string" ? planned : planned.health, health);
  }
  const stopped = planRegistrations({ ...container, isRunning: false }, options);
  assert.deepEqual(stopped, { registrations: [], problems: [] });
});

test("planRegistrations() whatever the labels: what it plans can be registered", () => {
  const part = fc.constantFrom("service", "namespace", "port", "network", "published", "a", "");
  const label = fc
    .array(fc.oneof(part, fc.constant("attribute"), fc.string({ maxLength: 5 })), { maxLength: 4 })
    .map((parts) => ["signpost", ...parts].join("."));
  const value = fc.oneof(fc.constantFrom("80", "true", "web.shop", "net6"), fc.string());
  const labelled = fc.dictionary(label, value, { maxKeys: 12 });
  fc.assert(
    fc.property(labelled, (labels) => {
      const { registrations, problems } = planRegistrations({ ...container, labels }, options);
      const ids = registrations.map(({ instanceId }) => instanceId);
      assert.equal(new Set(ids).size, ids.length);
      for (const { instanceId, attributes, service } of registrations) {
        assert.match(instanceId, /^[0-9a-zA-Z_/:.@-]{1,64}$/);
        assert.notEqual(service, "");
        for (const [name, text] of Object.entries(attributes)) {
          assert.match(name, /^[!-~]{1,255}$/);
          assert.match(text, /^([!-~][ \t!-~]{0,1023})?$/);
        }
      }
      for (const problem of problems) assert.match(problem, /^Cannot /);
    }),
    { numRuns: 2_000 },
  );
});
