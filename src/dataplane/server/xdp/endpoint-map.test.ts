import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Bpf } from "./bpf.ts";
import { EndpointMap, reachableEndpoints } from "./endpoint-map.ts";
import { changeOf, shareQueues } from "./xdp-tasks.ts";

/** A map in the kernel, of which every change is written down. */
function fakeMap() {
  const keys = new Set<string>();
  const changes: string[] = [];
  const bpf = {
    updateMap(_fd: number, key: Uint8Array) {
      keys.add(key.join());
      changes.push("+");
    },
    deleteFromMap(_fd: number, key: Uint8Array) {
      changes.push("-");
      return keys.delete(key.join());
    },
  } as unknown as Bpf;
  return { keys, changes, map: new EndpointMap(bpf, 3) };
}

suite("EndpointMap", () => {
  test("set() changes what differs, and adds before it removes", () => {
    const { keys, changes, map } = fakeMap();
    const one = { address: "192.0.2.1", port: 53 };
    const two = { address: "2001:db8::2", port: 53 };
    const three = { address: "192.0.2.1", port: 54 };
    map.set([one, two, one]);
    assert.deepEqual([keys.size, map.size, changes.join("")], [2, 2, "++"]);
    map.set([one, two]);
    assert.equal(changes.length, 2);
    map.set([two, three]);
    assert.deepEqual([keys.size, changes.join("")], [2, "+++-"]);
  });
});

suite("reachableEndpoints()", () => {
  test("leaves loopback out, and keeps addresses as they are", () => {
    const listen = [
      { address: "192.0.2.1", port: 53 },
      { address: "127.0.0.1", port: 53 },
      { address: "::1", port: 53 },
      { address: "2001:db8::1", port: 5353 },
    ];
    assert.deepEqual(reachableEndpoints(listen, "lo"), [listen[0], listen[3]]);
  });

  test("spells wildcards out, each in its family", () => {
    const of = (address: string) => reachableEndpoints([{ address, port: 53 }], "lo");
    assert.ok(of("0.0.0.0").every(({ address, port }) => !address.includes(":") && port === 53));
    assert.ok(of("::").every(({ address }) => address.includes(":")));
  });
});

suite("shareQueues()", () => {
  test("gives each worker a queue, or several, and no worker none", () => {
    assert.deepEqual(shareQueues(1, 4), [[0]]);
    assert.deepEqual(shareQueues(4, 4), [[0], [1], [2], [3]]);
    assert.deepEqual(shareQueues(5, 2), [
      [0, 2, 4],
      [1, 3],
    ]);
  });
});

suite("changeOf()", () => {
  const was = {
    name: "eth0",
    index: 2,
    mac: Uint8Array.from([2, 0, 0, 0, 0, 1]),
    mtu: 1500,
    isUp: true,
    isEthernet: true,
    queueCount: 4,
    stripsVlanTags: false,
  };
  test("names what a restart would mend", () => {
    const cases = [
      [was, ""],
      [{ ...was, mtu: 9000, isUp: false }, ""],
      [undefined, "the interface is gone"],
      [{ ...was, index: 3 }, "the interface is gone"],
      [{ ...was, mac: Uint8Array.from([2, 0, 0, 0, 0, 2]) }, "it has another MAC address"],
      [{ ...was, queueCount: 2 }, "it has another number of queues"],
      [{ ...was, mtu: 1400 }, "it has a smaller MTU"],
    ] as const;
    for (const [is, want] of cases) assert.equal(changeOf(was, is), want);
  });
});
