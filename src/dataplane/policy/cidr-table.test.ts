import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { present } from "../../base/assert.ts";
import { cidrContains, formatCidr, networkOf, parseCidr } from "../../base/ip.ts";
import type { Cidr } from "../../base/ip.ts";
import { cidrTable } from "./cidr-table.ts";
import { cidrBranch, nextBlock, smallestBlock } from "./match-network.ts";
import { GROUP } from "./program.ts";
import { RoutingContext } from "./routing-context.ts";

/** Octets that meet often. */
const octet = fc.constantFrom(0, 1, 2, 128, 255);

function blocks(octetCount: number, lengthMax: number): fc.Arbitrary<Cidr[]> {
  const cidr = fc
    .tuple(
      fc.array(octet, { minLength: octetCount, maxLength: octetCount }),
      fc.nat({ max: lengthMax }),
    )
    .map(([octets, prefixLength]) => {
      const address = new Uint8Array(octetCount === 4 ? 4 : 16);
      address.set(octets);
      return networkOf({ address, prefixLength });
    });
  return fc.uniqueArray(cidr, { selector: formatCidr, maxLength: 12 });
}

/** Branches of all blocks around a client, smallest first, and the scope that is noted. */
function branchesAround(all: readonly Cidr[], client: Cidr): { branches: number[]; scope: number } {
  const isIpv4 = client.address.length === 4;
  const owned = all.map((cidr, index) => ({ cidr, branch: index + 1 }));
  const table = cidrTable(owned, isIpv4 ? 32 : 64);
  const words = Int32Array.from([0, GROUP.branches, GROUP.branches, 0, ...table]);
  const context = new RoutingContext({ packet: new Uint8Array(16), randomSeed: 1 });
  context.subnet.set(client.address);
  context.subnetFamily = isIpv4 ? 1 : 2;
  context.subnetBits = client.prefixLength;
  const branches: number[] = [];
  for (
    let block = smallestBlock(context, words, 0, 0);
    block !== 0;
    block = nextBlock(words, block)
  ) {
    branches.push(cidrBranch(words, 0, block));
  }
  return { branches, scope: context.scope };
}

for (const [what, octetCount, lengthMax, scopeMax] of [
  ["IPv4", 4, 24, 24],
  ["IPv6", 8, 64, 48],
] as const) {
  test(`smallestBlock() and nextBlock() find every block around a client, ${what}`, () => {
    const property = fc.property(
      blocks(octetCount, lengthMax),
      blocks(octetCount, octetCount * 8).filter(({ length }) => length > 0),
      (all, clients) => {
        for (const client of clients) {
          if (client.prefixLength === 0) continue;
          const around = all
            .map((cidr, index) => ({ cidr, branch: index + 1 }))
            .filter(({ cidr }) => {
              return cidr.prefixLength <= client.prefixLength && cidrContains(cidr, client.address);
            })
            .sort((a, b) => b.cidr.prefixLength - a.cidr.prefixLength)
            .map(({ branch }) => branch);
          const { branches, scope } = branchesAround(all, client);
          assert.deepEqual(branches, around);
          assert.ok(scope <= scopeMax);
        }
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test(`smallestBlock() notes a scope in which all clients have the same blocks, ${what}`, () => {
    const property = fc.property(
      blocks(octetCount, scopeMax),
      fc.uint8Array({ minLength: octetCount, maxLength: octetCount }),
      fc.uint8Array({ minLength: octetCount, maxLength: octetCount }),
      (all, some, other) => {
        const size = octetCount === 4 ? 4 : 16;
        const client = { address: new Uint8Array(size), prefixLength: size * 8 };
        client.address.set(some);
        const { branches, scope } = branchesAround(all, client);
        // Another client of the same scope: its bits, and then others.
        const neighbour = { address: new Uint8Array(size), prefixLength: size * 8 };
        for (let i = 0; i < octetCount; i++) {
          const kept = Math.min(8, Math.max(0, scope - i * 8));
          const mask = (0xff00 >> kept) & 0xff;
          neighbour.address[i] = ((some[i] ?? 0) & mask) | ((other[i] ?? 0) & ~mask);
        }
        assert.deepEqual(branchesAround(all, neighbour).branches, branches);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
}

test("smallestBlock() and nextBlock() come to an end in a table that was damaged", () => {
  const all = ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24"].map((text, index) => {
    return { cidr: present(parseCidr(text), text), branch: index + 1 };
  });
  const table = cidrTable(all, 32);
  const head = [0, GROUP.branches, GROUP.branches, 0];
  const word = fc.oneof(fc.integer(), fc.integer({ min: -9, max: 9 }));
  const damage = fc.array(fc.tuple(fc.nat({ max: table.length - 1 }), word), { minLength: 1 });
  const property = fc.property(damage, (damaged) => {
    const words = Int32Array.from([...head, ...table]);
    for (const [at, value] of damaged) words[head.length + at] = value;
    const context = new RoutingContext({ packet: new Uint8Array(16), randomSeed: 1 });
    context.subnet.set([10, 1, 2, 3]);
    context.subnetFamily = 1;
    context.subnetBits = 32;
    let steps = 0;
    let block = smallestBlock(context, words, 0, 0);
    for (; block !== 0; block = nextBlock(words, block)) assert.ok(steps++ < 256);
  });
  fc.assert(property, { numRuns: 2_000 });
});
