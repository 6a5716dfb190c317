import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { ApiContext, TestQuestion } from "../../src/api/route53/api-context.ts";
import type { Route53Handlers } from "../../src/api/route53/route53-handler.ts";
import { route53Handlers } from "../../src/api/route53/route53-handlers.ts";
import { manualClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Mutation } from "../../src/control/model/mutation.ts";
import { openStore } from "../../src/control/log/open-store.ts";
import { FakeHealth } from "./fake-health.ts";
import { callsOf } from "./handler-calls.ts";
import type { HandlerCalls } from "./handler-calls.ts";

/** Route 53's handlers over a store of their own, without HTTP and without name servers. */
export type Route53 = ApiContext &
  HandlerCalls<Route53Handlers> & {
    clock: ReturnType<typeof manualClock>;
    health: FakeHealth;
    /** What testAnswer() was asked. */
    questions: TestQuestion[];
  };

/** Opened once a test file, closed when its tests are over. */
export async function openRoute53(limits: ApiContext["settings"]["limits"] = {}): Promise<Route53> {
  const dataDir = mkdtempSync(join(tmpdir(), "signpost-route53-"));
  const store = await openStore(dataDir);
  after(async () => {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const questions: TestQuestion[] = [];
  const context: ApiContext & Pick<Route53, "clock" | "health"> = {
    state: store.state,
    log: store.log,
    clock: manualClock(Date.UTC(2026, 0, 2, 3, 4, 5)),
    random: seededRandom(53),
    health: new FakeHealth(),
    settings: {
      accountId: "000000000000",
      nameServers: { suffix: "internal" },
      healthAllow: [],
      limits,
      acceptUnknownVpcs: false,
    },
    testAnswer(question) {
      questions.push(question);
      return { recordData: ["192.0.2.1"], responseCode: "NOERROR", protocol: "UDP" };
    },
  };
  return { ...context, questions, ...callsOf(route53Handlers(context)) };
}

/** Writes rows of small tables, as a log entry does. */
export async function putRows(route53: Route53, mutations: Mutation[]): Promise<void> {
  const head = route53.state.head("account");
  await route53.log.append("account", head, { action: "test", mutations });
}

/** Makes VPCs known, as `signpost vpc create` does. */
export async function addVpcs(
  route53: Route53,
  vpcs: Record<string, { region: string; owner?: string }>,
): Promise<void> {
  const mutations = Object.entries(vpcs).map(([id, row]) => ({
    put: "vpc" as const,
    key: [id],
    value: { ...row, cidr: "10.0.0.0/16" },
  }));
  await putRows(route53, mutations);
}

let references = 0;

/** Creates a public hosted zone and gives its bare id. */
export async function addZone(route53: Route53, name: string): Promise<string> {
  const CallerReference = `zone ${references++}`;
  const { HostedZone } = await route53.call("CreateHostedZone", { Name: name, CallerReference });
  return (HostedZone?.Id ?? "").replace("/hostedzone/", "");
}
