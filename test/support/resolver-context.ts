import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { ResolverHandlers } from "../../src/api/protocol/resolver-service.ts";
import type { ResolverContext, ResolverListener } from "../../src/api/resolver/resolver-context.ts";
import { resolverHandlers } from "../../src/api/resolver/resolver-handlers.ts";
import { manualClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { openStore } from "../../src/control/log/open-store.ts";
import type { VpcRow } from "../../src/control/model/vpc.ts";
import { callsOf } from "./handler-calls.ts";
import type { HandlerCalls, InputOf } from "./handler-calls.ts";

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
  call: HandlerCalls<ResolverHandlers>["call"];
  /** Calls and expects `CODE: message`. */
  refusal<Name extends keyof ResolverHandlers>(
    name: Name,
    input: InputOf<ResolverHandlers, Name>,
  ): Promise<string>;
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
  const { call, refusal } = callsOf(resolverHandlers(context));
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
  return {
    ...context,
    call,
    addVpc,
    async refusal(name, input) {
      const { code, message } = await refusal(name, input);
      return `${code}: ${message}`;
    },
  };
}
