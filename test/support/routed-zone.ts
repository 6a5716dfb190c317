import { parseCidr } from "../../src/base/ip.ts";
import { present } from "../../src/base/assert.ts";
import type { Cidr } from "../../src/base/ip.ts";
import { parseName } from "../../src/dns/wire/name.ts";
import { TYPE } from "../../src/dns/wire/registries.ts";
import { buildZoneImage } from "../../src/dataplane/image/zone-image-builder.ts";
import { routedSet } from "../../src/dataplane/policy/encode-program.ts";
import type { Branch, RoutingNode } from "../../src/dataplane/policy/routing-tree.ts";
import { StatusTable } from "../../src/dataplane/policy/status-table.ts";
import { smallWorld } from "./small-world.ts";
import { NameServerUnderTest, apexRecords, rrsetsOf } from "./zone-under-test.ts";

const apex = parseName("z.test.");

const world = smallWorld();

export type Zone = Record<string, RoutingNode>;

export function records(last: number): RoutingNode {
  return { kind: "records", ttl: 60, rdatas: [Uint8Array.of(192, 0, 2, last)] };
}

/** A branch of one address, which is its label as well; `slot` is that of its health check. */
export function branch<T>(last: number, more: T, slot = 0): Branch<T> {
  return { ...more, label: String(last), healthSlot: slot, node: records(last) };
}

export function alias(target: string, evaluateTargetHealth = true): RoutingNode {
  const owner = parseName(target, apex);
  return { kind: "alias", target: { owner, type: TYPE.A }, evaluateTargetHealth };
}

export function block(text: string): Cidr {
  return present(parseCidr(text), text);
}

/** A zone of routed sets, in a small world. */
export class RoutedZone {
  readonly status = new StatusTable();
  readonly server: NameServerUnderTest;

  constructor(zone: Zone, randomSeed = 7) {
    this.server = new NameServerUnderTest({ status: this.status, randomSeed });
    const sets = Object.entries(zone).map(([owner, node]) =>
      routedSet(parseName(owner, apex), TYPE.A, node),
    );
    this.server.zones.set(1, buildZoneImage(apex, [...rrsetsOf("z.test.", apexRecords), ...sets]));
    this.server.context.locations = world;
  }

  /** Last octets of the addresses, in order, and the scope: `3 7 /16`; `-`: no data. */
  ask(subnet?: string, owner = "www"): string {
    const edns = subnet === undefined ? {} : { subnet };
    const { answer, edns: reply } = this.server.ask(`${owner}.z.test.`, "A", { edns });
    const values = answer.map(({ rdata }) => rdata[3] as number).sort((a, b) => a - b);
    const scope = reply?.options.find(({ code }) => code === 8)?.data[3];
    const text = values.length === 0 ? "-" : values.join(" ");
    return scope === undefined ? text : `${text} /${scope}`;
  }

  /** All that comes in many queries. */
  all(subnet?: string): string[] {
    return [...new Set(Array.from({ length: 200 }, () => this.ask(subnet)))].sort();
  }
}
