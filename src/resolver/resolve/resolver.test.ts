import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { until } from "../../../test/health/health-world.ts";
import {
  apexRecords,
  imageOf,
  messageText,
  queryOf,
} from "../../../test/support/zone-under-test.ts";
import { beginOpenStore } from "../../control/log/open-store.ts";
import type { Store } from "../../control/log/open-store.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { tcpOptionsDefault } from "../../dataplane/server/tcp-options.ts";
import { StatusTable } from "../../dataplane/policy/status-table.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import type { Message } from "../../dns/wire/message.ts";
import { createCacheMemory } from "../cache/cache-layout.ts";
import type { ViewChange } from "../front/hand-over.ts";
import type { UpstreamTarget } from "../upstream/upstream.ts";
import { cacheSettingsDefault } from "./cache-settings.ts";
import { startResolver } from "./resolver.ts";
import type { Resolver } from "./resolver.ts";

type World = {
  store: Store;
  resolver: Resolver;
  dataDir: string;
  changes: ViewChange[];
  restarts: Error[];
  port: number;
};

async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

async function start(t: TestContext, upstreams: UpstreamTarget[] = []): Promise<World> {
  const dataDir = mkdtempSync(join(tmpdir(), "resolver-thread-"));
  const opening = beginOpenStore(dataDir);
  const changes: ViewChange[] = [];
  const restarts: Error[] = [];
  const port = await freePort();
  const endpoint = { address: "127.0.0.1", port };
  const resolver = startResolver({
    ...{ dataDir, connectStore: opening.connect, upstreams, cacheSettings: cacheSettingsDefault },
    start: {
      listeners: [{ endpoint }],
      udpEndpoints: [endpoint],
      cache: createCacheMemory(1024 * 1024, 1),
      handOver: new SharedArrayBuffer(4),
      ...{ udpPayloadSizeMax: 1232, tcp: tcpOptionsDefault },
    },
    ...{ status: new StatusTable().buffer, accountId: "000000000000", logLevel: "silent" },
    queryLogDirectory: join(dataDir, "logs"),
    onPlan: async (change) => void changes.push(change),
    onRestart: (error) => void restarts.push(error),
    url: new URL("./testing/dying-resolver-thread.ts", import.meta.url),
  });
  const store = await opening.store;
  store.log.onCommitted((committed) => resolver.committed(committed));
  t.after(async () => {
    await resolver.stop();
    await store.close();
    rmSync(dataDir, { recursive: true });
  });
  await resolver.ready;
  return { store, resolver, dataDir, changes, restarts, port };
}

async function put({ store, resolver }: World, mutations: Mutation[]): Promise<void> {
  const head = store.state.head("test");
  const appended = await store.log.append("test", head, { action: "test", mutations });
  assert.ok(appended !== "conflict");
  await resolver.written(appended.seq);
}

/** Asks over UDP. */
async function ask(port: number, name: string, type: string): Promise<Message> {
  const socket = createSocket("udp4").unref();
  const answered = new Promise<Buffer>((resolve) => socket.once("message", resolve));
  socket.send(queryOf(name, type, { edns: {} }), port, "127.0.0.1");
  const message = decodeMessage(await answered);
  socket.close();
  return message;
}

async function text(port: number, name: string, type: string): Promise<string[]> {
  const [head = "", ...records] = messageText(await ask(port, name, type));
  return [head.split(" ")[0] ?? "", ...records];
}

const vpc: Mutation = {
  put: "vpc",
  key: ["vpc-00000001"],
  value: { region: "us-east-1", cidr: "127.0.0.0/8" },
};
const zone: Mutation[] = [
  {
    put: "hostedZone",
    key: ["Z1"],
    value: {
      ...{ id: "Z1", name: "corp.test.", callerReference: "c", createdAt: "", private: true },
      vpcs: [{ id: "vpc-00000001", region: "us-east-1" }],
      nameServers: [],
    },
  },
  { put: "zoneByVpc", key: ["vpc-00000001", "Z1"], value: true },
];

const imageUpdate = (address: string) => ({
  ...{ zoneKey: 5, zoneId: "Z1", isPrivate: true },
  image: imageOf("corp.test.", `${apexRecords}web 60 A ${address}\n`).buffer,
});

describe("startResolver()", () => {
  it("goes by VPCs, zones and rules as they are committed, and tells the front", async (t) => {
    const world = await start(t);
    const { port, resolver, changes } = world;
    assert.deepEqual(await text(port, "web.corp.test.", "A"), ["5"]);
    await put(world, [vpc]);
    assert.deepEqual(
      changes.at(-1)?.views.map(({ vpcId, zones }) => [vpcId, zones.length]),
      [["vpc-00000001", 0]],
    );
    await resolver.publish([imageUpdate("10.0.0.1")]);
    await put(world, zone);
    assert.equal(changes.at(-1)?.views[0]?.zones[0]?.zoneId, "Z1");
    assert.deepEqual(await text(port, "web.corp.test.", "A"), [
      "0",
      "answer web.corp.test. 60 A 10.0.0.1",
    ]);
    await resolver.publish([imageUpdate("10.0.0.2")]);
    assert.equal(
      (await text(port, "web.corp.test.", "A")).at(1),
      "answer web.corp.test. 60 A 10.0.0.2",
    );
    const host: Mutation = {
      put: "vpcHost",
      key: ["vpc-00000001", "web.corp.test."],
      value: { addresses: ["10.0.0.3"] },
    };
    await put(world, [host]);
    assert.equal(
      (await text(port, "web.corp.test.", "A")).at(1),
      "answer web.corp.test. 300 A 10.0.0.3",
    );
    await put(world, [{ remove: "vpc", key: ["vpc-00000001"] }]);
    assert.equal(changes.at(-1)?.removed.length, 1);
    assert.deepEqual(await text(port, "web.corp.test.", "A"), ["5"]);
  });

  it("forwards to servers of rules and caches what they say", async (t) => {
    const server = createSocket("udp4");
    let questions = 0;
    server.on("message", (query, from) => {
      questions++;
      const { id, questions: asked } = decodeMessage(query);
      const response = Buffer.from(query);
      response[2] = 0x84;
      response[3] = 0x80;
      assert.ok(id >= 0 && asked.length === 1);
      // The question as it came, one answer, no OPT record.
      const end = 12 + (asked[0]?.name.length ?? 0) + 4;
      const answer = Buffer.from("c00c000100010000003c00040a090909", "hex");
      response.writeUInt16BE(1, 6);
      response.writeUInt16BE(0, 10);
      server.send(Buffer.concat([response.subarray(0, end), answer]), from.port, from.address);
    });
    await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
    t.after(() => server.close());
    const world = await start(t);
    const target = { ip: "127.0.0.1", port: server.address().port, protocol: "Do53" };
    const rule = {
      ...{ id: "rslvr-rr-1", creatorRequestId: "c", domainName: "far.test.", ruleType: "FORWARD" },
      ...{ targets: [target], createdAt: "", modifiedAt: "" },
    };
    const association = { id: "a1", ruleId: rule.id, vpcId: "vpc-00000001", createdAt: "" };
    await put(world, [
      vpc,
      { put: "resolverRule", key: [rule.id], value: rule },
      { put: "resolverRuleAssociation", key: ["a1"], value: association },
      { put: "resolverRuleByVpc", key: ["vpc-00000001", "match", "far.test."], value: "a1" },
    ]);
    for (let i = 0; i < 3; i++) {
      assert.equal(
        (await text(world.port, "x.far.test.", "A")).at(1),
        "answer x.far.test. 60 A 10.9.9.9",
      );
    }
    assert.equal(questions, 1);
    assert.deepEqual(await text(world.port, "www.example.", "A"), ["2"]);
    const counted = (): number => world.resolver.summary()?.counts.queries ?? 0;
    await until(() => counted() >= 4, "queries are counted");
  });

  it("writes the query log of a VPC", async (t) => {
    const world = await start(t);
    await world.resolver.publish([imageUpdate("10.0.0.1")]);
    const config = {
      ...{ id: "rqlc-1", name: "n", creatorRequestId: "c", createdAt: "" },
      destinationArn: "arn:aws:s3:::example-logs",
    };
    const association = { id: "rqlca-1", configId: "rqlc-1", vpcId: "vpc-00000001", createdAt: "" };
    await put(world, [
      vpc,
      ...zone,
      { put: "resolverQueryLogConfig", key: ["rqlc-1"], value: config },
      { put: "resolverQueryLogAssociation", key: ["rqlca-1"], value: association },
      {
        put: "resolverQueryLogAssociationByVpc",
        key: ["vpc-00000001", "rqlc-1"],
        value: "rqlca-1",
      },
    ]);
    assert.equal(world.changes.at(-1)?.views[0]?.handOverAll, true);
    await text(world.port, "web.corp.test.", "A");
    const path = join(world.dataDir, "logs", "s3-example-logs", "queries.jsonl");
    const log = (): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
    await until(() => log().endsWith("\n"), "a line is written");
    const fields = JSON.parse(log()) as Record<string, unknown>;
    assert.equal(fields["query_name"], "web.corp.test.");
    assert.equal(fields["vpc_id"], "vpc-00000001");
    assert.deepEqual(fields["answers"], [{ Rdata: "10.0.0.1", Type: "A", Class: "IN" }]);
  });

  it("is started again with all it had, and tells the front everything anew", async (t) => {
    const world = await start(t);
    const { resolver, changes, restarts, port } = world;
    await resolver.publish([imageUpdate("10.0.0.1")]);
    await put(world, [vpc, ...zone]);
    const before = changes.at(-1)?.views[0];
    resolver.publishLocations(null);
    await until(() => restarts.length === 1, "it died");
    const isNew = (): boolean => changes.length > 2 && changes.at(-1)?.replacesAll === true;
    await until(isNew, "a new thread tells its plan");
    const after = changes.at(-1)?.views[0];
    assert.ok(before && after && before.view !== after.view);
    assert.notEqual(before.publicPartition, after.publicPartition);
    let answer: string[] | undefined;
    const asking = setInterval(() => void text(port, "web.corp.test.", "A").then(take), 50);
    const take = (told: string[]): void => void (answer = told);
    t.after(() => clearInterval(asking));
    await until(() => answer !== undefined, "it answers again");
    assert.deepEqual(answer, ["0", "answer web.corp.test. 60 A 10.0.0.1"]);
  });
});
