import assert from "node:assert/strict";
import { test } from "node:test";
import { present } from "../../base/assert.ts";
import { parseIp } from "../../base/ip.ts";
import { ClientViews } from "./client-views.ts";
import type { Source } from "./resolver-plan.ts";
import type { View } from "./view.ts";

const address = (text: string): Uint8Array => present(parseIp(text), text);

function viewOf(vpcId: string, cidrs: string[], inbound: string[] = []): View {
  const listeners = inbound.map((each) => ({ address: each, port: 53, endpointId: `in-${vpcId}` }));
  return { settings: { vpcId, cidrs, listeners } } as unknown as View;
}

const source = { localAddresses: [] as string[] } as unknown as Source;
const target = (at: string, port = 53) => ({ address: at, port, protocol: "Do53" }) as const;

test("clients are told by listener, by endpoint, else by the longest block", () => {
  const views = new ClientViews({
    listeners: [
      { endpoint: { address: "0.0.0.0", port: 53 } },
      { endpoint: { address: "10.0.0.1", port: 53 }, vpcId: "vpc-b" },
    ],
    isLocalAddress: () => true,
  });
  const [a, b, c] = [
    viewOf("vpc-a", ["10.0.0.0/8"], ["10.0.0.9"]),
    viewOf("vpc-b", ["10.1.0.0/16"]),
    viewOf("vpc-c", ["10.1.0.0/16"]),
  ];
  views.update([a, b]);
  const of = (client: string, listener: number, local?: string) =>
    views.of(address(client), listener, local ? { address: local, port: 53 } : undefined);
  assert.deepEqual(of("10.2.0.1", 0), { view: a });
  assert.deepEqual(of("10.1.0.1", 0), { view: b });
  assert.deepEqual(of("::ffff:10.1.0.1", 0), { view: b });
  assert.deepEqual(of("10.2.0.1", 1), { view: b });
  assert.deepEqual(of("10.1.0.1", 0, "10.0.0.9"), { view: a, endpointId: "in-vpc-a" });
  assert.deepEqual(of("192.0.2.1", -1, "10.0.0.9"), { view: a, endpointId: "in-vpc-a" });
  assert.deepEqual(of("192.0.2.1", 0), { view: undefined });
  views.update([a, b, c]); // nobody is told by a block that two have, not even by a longer one
  assert.deepEqual(of("10.1.0.1", 0), { view: undefined });
  views.update([a, b, viewOf("vpc-d", ["10.1.0.9/16"])]); // the same, however it is written
  assert.deepEqual(of("10.1.0.1", 0), { view: undefined });
  const six = viewOf("vpc-e", ["2001:db8::/32", "2001:db8::/32"]);
  views.update([a, six]);
  assert.deepEqual(of("2001:db8:1::1", 0), { view: six });
  assert.deepEqual(of("2001:db9::1", 0), { view: undefined });
});

test("atTarget() knows who would answer a query of our own", () => {
  let isLocal = true;
  const views = new ClientViews({
    listeners: [{ endpoint: { address: "10.0.0.1", port: 53 } }],
    isLocalAddress: () => isLocal,
  });
  const a = viewOf("vpc-a", ["10.0.0.0/8"], ["10.0.0.9"]);
  views.update([a]);
  assert.equal(views.atTarget(target("10.0.0.1"), source), a);
  const elsewhere = { ...source, localAddresses: ["192.0.2.1"] };
  assert.equal(views.atTarget(target("10.0.0.1"), elsewhere), "none");
  // At an inbound endpoint it does not matter from where.
  assert.equal(views.atTarget(target("10.0.0.9"), elsewhere), a);
  assert.equal(views.atTarget(target("10.0.0.9", 5353), source), undefined);
  isLocal = false; // the endpoint is another machine's
  assert.equal(views.atTarget(target("10.0.0.9"), elsewhere), undefined);
});
