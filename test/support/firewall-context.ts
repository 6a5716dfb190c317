import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { ServiceError } from "../../src/api/protocol/service-error.ts";
import { firewallHandlers } from "../../src/api/resolver/firewall-handlers.ts";
import type { ResolverContext } from "../../src/api/resolver/resolver-context.ts";
import { manualClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { openStore } from "../../src/control/log/open-store.ts";

type Handlers = ReturnType<typeof firewallHandlers>;
type Name = keyof Handlers;
type Output<N extends Name> = Awaited<ReturnType<Handlers[N]>>;

/** The operations of firewall and query logs over a store of their own, without HTTP. */
export type FirewallApi = ResolverContext & {
  clock: ReturnType<typeof manualClock>;
  call<N extends Name>(name: N, input: Parameters<Handlers[N]>[0]): Promise<Output<N>>;
  /** What a call is refused with, as `Code: message`. */
  refusal<N extends Name>(name: N, input: Parameters<Handlers[N]>[0]): Promise<string>;
};

export const vpcId = "vpc-0a1b2c3d";
export const otherVpcId = "vpc-0a1b2c3e";

/** Opened once a test file, with two VPCs; closed when its tests are over. */
export async function openFirewallApi(
  settings: Partial<ResolverContext["settings"]> = {},
): Promise<FirewallApi> {
  const dataDir = mkdtempSync(join(tmpdir(), "signpost-firewall-"));
  const store = await openStore(dataDir);
  after(async () => {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const context = {
    state: store.state,
    log: store.log,
    clock: manualClock(Date.UTC(2026, 0, 2, 3, 4, 5)),
    random: seededRandom(53),
    settings: { accountId: "000000000000", acceptUnknownVpcs: false, ...settings },
  } as ResolverContext & Pick<FirewallApi, "clock">;
  await addVpcs(context);
  const handlers = firewallHandlers(context);
  const request = { requestId: "test", accessKeyId: "TEST", receivedAtMs: 0 };
  const call: FirewallApi["call"] = async (name, input) => {
    const handler = handlers[name] as (input: unknown, request: unknown) => Promise<never>;
    return await handler(input, request);
  };
  const refusal: FirewallApi["refusal"] = async (name, input) => {
    try {
      await call(name, input);
    } catch (error) {
      if (error instanceof ServiceError) return `${error.code}: ${error.message}`;
      throw error;
    }
    throw new Error(`${name} was not refused`);
  };
  return { ...context, call, refusal };
}

async function addVpcs({ state, log }: ResolverContext): Promise<void> {
  const mutations = [vpcId, otherVpcId].map((id, i) => ({
    put: "vpc" as const,
    key: [id],
    value: { region: "us-east-1", cidr: `10.${i}.0.0/16` },
  }));
  await log.append("account", state.head("account"), { action: "test", mutations });
}

let requests = 0;

/** A creator request id that was not given before. */
export function newRequest(): string {
  return `request ${requests++}`;
}

/** Creates a domain list with these names and gives its id. */
export async function addList(api: FirewallApi, ...domains: string[]): Promise<string> {
  const request = { Name: "list", CreatorRequestId: newRequest() };
  const { FirewallDomainList } = await api.call("CreateFirewallDomainList", request);
  const FirewallDomainListId = FirewallDomainList?.Id ?? "";
  if (domains.length > 0) {
    const update = { FirewallDomainListId, Operation: "ADD", Domains: domains } as const;
    await api.call("UpdateFirewallDomains", update);
  }
  return FirewallDomainListId;
}

export async function addGroup(api: FirewallApi): Promise<string> {
  const request = { Name: "group", CreatorRequestId: newRequest() };
  const { FirewallRuleGroup } = await api.call("CreateFirewallRuleGroup", request);
  return FirewallRuleGroup?.Id ?? "";
}
