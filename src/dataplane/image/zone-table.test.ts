import assert from "node:assert/strict";
import { describe, it } from "node:test";

import {
  NameServerUnderTest,
  apexRecords,
  imageOf,
  messageText,
} from "../../../test/support/zone-under-test.ts";

function zoneWith(address: string, apex: string) {
  return imageOf(apex, `${apexRecords}www 60 A ${address}\n`);
}

function answerOf(server: NameServerUnderTest, name: string): string {
  const [status = "", first = ""] = messageText(server.ask(name, "A"));
  return first.startsWith("answer") ? (first.split(" ").at(-1) as string) : status;
}

describe("ZoneTable", () => {
  it("find() takes the zone with the longest apex", () => {
    const server = new NameServerUnderTest();
    server.zones.set(1, zoneWith("192.0.2.1", "test."));
    server.zones.set(2, zoneWith("192.0.2.2", "a.test."));
    server.zones.set(3, zoneWith("192.0.2.3", "b.a.test."));
    assert.equal(answerOf(server, "www.test."), "192.0.2.1");
    assert.equal(answerOf(server, "www.a.test."), "192.0.2.2");
    assert.equal(answerOf(server, "www.b.a.test."), "192.0.2.3");
    assert.equal(answerOf(server, "www.ba.test."), "3 qr aa rd");
    assert.equal(answerOf(server, "www.example."), "5 qr rd");
  });

  it("set() lets the lowest key answer among zones of one apex", () => {
    const server = new NameServerUnderTest();
    for (const key of [5, 3, 9]) server.zones.set(key, zoneWith(`192.0.2.${key}`, "a.test."));
    for (const key of [3, 5, 9]) {
      assert.equal(answerOf(server, "www.a.test."), `192.0.2.${key}`);
      server.zones.set(key, undefined);
    }
    assert.equal(answerOf(server, "www.a.test."), "5 qr rd");
    assert.equal(server.zones.size, 0);
  });

  it("set() puts zones in, replaces and takes them out, many of them", () => {
    const server = new NameServerUnderTest();
    const images = Array.from({ length: 300 }, (_, i) => zoneWith("192.0.2.1", `z${i}.test.`));
    for (const [key, image] of images.entries()) server.zones.set(key, image);
    assert.equal(server.zones.size, 300);
    for (let key = 0; key < 300; key += 2) server.zones.set(key, undefined);
    for (let key = 1; key < 300; key += 4) {
      server.zones.set(key, zoneWith("192.0.2.2", `z${key}.test.`));
    }
    for (let key = 0; key < 300; key++) {
      const expected = key % 2 === 0 ? "5 qr rd" : key % 4 === 1 ? "192.0.2.2" : "192.0.2.1";
      assert.equal(answerOf(server, `www.z${key}.test.`), expected, `zone ${key}`);
    }
    server.zones.set(1000, undefined);
    assert.equal(server.zones.get(1000), undefined);
    assert.equal(server.zones.get(1)?.zoneKey, 1);
  });

  it("set() refuses images of another hash seed", () => {
    const { zones } = new NameServerUnderTest();
    zones.set(1, imageOf("a.test.", apexRecords, { seed: 1 }));
    assert.throws(() => zones.set(2, imageOf("b.test.", apexRecords, { seed: 2 })), /hash seed/);
  });
});
