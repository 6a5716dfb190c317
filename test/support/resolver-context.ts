import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { ResolverHandlers } from "../../src/api/protocol/resolver-service.ts";
import { ServiceError } from "../../src/api/protocol/service-error.ts";
import type { ResolverContext, ResolverListener } from "../../src/api/resolver/resolver-context.ts";
import { resolverHandlers } from "../../src/api/resolver/resolver-handlers.ts";
import { manualClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { openStore } from "../../src/control/log/open-store.ts";
import type { VpcRow } from "../../src/control/model/vpc.ts";

type Name = keyof ResolverHandlers;
type Handler<N extends Name> = NonNullable<ResolverHandlers[N]>;
type Output<N extends Name> = Awaited<ReturnType<Handler<N>>>;

/** Route 53 Resolver's handlers over a store of their own, without HTTP and without a resolver. */
export type Resolver = ResolverContext & {
  clock: ReturnType<typeof manualClock>;
  /** What the machine has; tests change it. */
  machine: {
    own: Set<string>;
    listeners: ResolverListener[];
    problems: Map<string, string>;
  };
  settings: { acceptUnknownVpcs: boolean };
  call<N extends Name>(name: N, input: Parameters<Handler<N>>[0]): Promise<Output<N>>;
  /** Calls and expects `CODE: message`. */
  refusal<N extends Name>(name: N, input: Parameters<Handler<N>>[0]): Promise<string>;
  /** Makes a VPC known, as `signpost vpc create` does. */
  addVpc(id: string, row: Partial<VpcRow>): Promise<void>;
};

/** Opened once a test file, closed when its tests are over. */
export async function openResolver(
  settings: Partial<ResolverContext["settings"]> = {},
): Promise<Resolver> {
  const dataDir = mkdtempSync(join(tmpdir(), "signpost-resolver-"));
  const store = await openStore(dataDir);
  after(async () => {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const own = new Set<string>();
  const listeners: ResolverListener[] = [];
  const problems = new Map<string, string>();
  const context = {
    state: store.state,
    log: store.log,
    clock: manualClock(Date.UTC(2026, 0, 2, 3, 4, 5)),
    random: seededRandom(53),
    machine: {
      ...{ own, listeners, problems },
      addresses: () => own,
      inboundPorts: { Do53: 53, DoT: 853, DoH: 443 },
      inboundState: (address: string) => {
        const problem = problems.get(address);
        return problem === undefined ? ("open" as const) : { problem };
      },
    },
    settings: { accountId: "000000000000", acceptUnknownVpcs: false, ...settings },
  };
  const handlers = resolverHandlers(context);
  const request = { requestId: "test", accessKeyId: "TEST", receivedAtMs: 0 };
  const call: Resolver["call"] = async (name, input) => {
    const handler = handlers[name] as (input: unknown, request: unknown) => Promise<never>;
    return await handler(input, request);
  };
  const refusal: Resolver["refusal"] = async (name, input) => {
    try {
      await call(name, input);
    } catch (error) {
      if (error instanceof ServiceError) return `${error.code}: ${error.message}`;
      throw error;
    }
    throw new Error(`${name} was not refused`);
  };
  const addVpc: Resolver["addVpc"] = async (id, row) => {
    const value = { region: "us-east-1", cidr: "10.0.0.0/8", ...row };
    await store.log.append("account", store.state.head("account"), {
      action: "test",
      mutations: [
        { put: "vpc", key: [id], value },
        ...Object.keys(value.subnets ?? {}).map((subnet) => ({
          ...({ put: "vpcBySubnet", key: [subnet], value: id } as const),
        })),
      ],
    });
  };
  return { ...context, call, refusal, addVpc };
}
