import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { cacheSizeMin } from "../../base/limits.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import { parseName } from "../../dns/wire/name.ts";
import { RCODE, TYPE } from "../../dns/wire/registries.ts";
import { cacheEntry } from "../../../test/support/cache-answers.ts";
import { tornTestShape } from "../../../test/support/torn-answers.ts";
import { CacheLookup } from "./cache-lookup.ts";
import { cacheStatistics, createCacheMemory } from "./cache-layout.ts";
import { CacheReader, READ } from "./cache-reader.ts";
import { CacheWriter } from "./cache-writer.ts";

function cache(size = cacheSizeMin) {
  const memory = createCacheMemory(size, 0x5eed);
  return { memory, writer: new CacheWriter(memory), lookup: new CacheLookup(memory) };
}

function keyOf(name: string, partition = 1, variant = 0) {
  return { partition, name: parseName(name), type: TYPE.TXT, variant };
}

function nameView(text: string) {
  const name = parseName(text);
  const octets = new Uint8Array(260);
  octets.set(name);
  return { size: name.length, view: new DataView(octets.buffer) };
}

describe("CacheWriter, CacheLookup", () => {
  it("give back what was put in, octet for octet", () => {
    const { writer, lookup } = cache();
    for (const texts of [0, 1, 2, 7, 180]) {
      for (const textSize of [0, 1, 2, 3, 255]) {
        const entry = cacheEntry("name.test.", { texts, textSize, fill: texts + textSize });
        assert.equal(writer.put(entry), true);
        const found = lookup.find(entry.key, 0);
        assert.deepEqual(found?.response, entry.response);
        assert.equal(found?.isFresh, true);
      }
    }
  });

  it("keep partitions, types, variants and names apart", () => {
    const { writer, lookup } = cache();
    writer.put(cacheEntry("a.test.", { partition: 1, fill: 1 }));
    for (const key of [keyOf("a.test.", 2), keyOf("a.test.", 1, 1), keyOf("b.test.")]) {
      assert.equal(lookup.find(key, 0), undefined);
    }
    assert.equal(lookup.find({ ...keyOf("a.test."), type: TYPE.A }, 0), undefined);
    assert.ok(lookup.find(keyOf("a.test."), 0));
  });

  it("take their age from all TTLs, and none below 0", () => {
    const { writer, lookup } = cache();
    writer.put(cacheEntry("a.test.", { ttl: 100, at: 1_000, lifeSeconds: 150, texts: 3 }));
    const ttlsAt = (now: number) => {
      const found = lookup.find(keyOf("a.test."), now);
      if (!found) return undefined;
      const { answer, authority } = decodeMessage(found.response);
      return [...answer, ...authority].map(({ ttl }) => ttl);
    };
    assert.deepEqual(ttlsAt(1_000), [100, 100, 100, 200]);
    assert.deepEqual(ttlsAt(1_030.9), [70, 70, 70, 170]);
    assert.deepEqual(ttlsAt(1_149), [0, 0, 0, 51]);
    assert.equal(ttlsAt(1_150), undefined);
  });

  it("tell what is stale, until it is not even that", () => {
    const { writer, lookup } = cache();
    writer.put(cacheEntry("a.test.", { ttl: 10, staleSeconds: 50, rcode: RCODE.NXDOMAIN }));
    assert.equal(lookup.find(keyOf("a.test."), 9)?.isFresh, true);
    const stale = lookup.find(keyOf("a.test."), 10);
    assert.equal(stale?.isFresh, false);
    assert.equal(decodeMessage(stale?.response ?? new Uint8Array()).rcode, RCODE.NXDOMAIN);
    assert.equal(lookup.find(keyOf("a.test."), 60), undefined);
  });

  it("forget what is removed, replaced, or replaced by what is too large", () => {
    const { memory, writer, lookup } = cache();
    writer.put(cacheEntry("a.test.", { fill: 1 }));
    writer.put(cacheEntry("a.test.", { fill: 2 }));
    assert.deepEqual(
      lookup.find(keyOf("a.test."), 0)?.response,
      cacheEntry("a.test.", { fill: 2 }).response,
    );
    assert.equal(cacheStatistics(memory).entries, 1);
    assert.equal(cacheStatistics(memory).replaced, 1);
    assert.equal(writer.remove(keyOf("a.test.")), true);
    assert.equal(writer.remove(keyOf("a.test.")), false);
    assert.equal(lookup.find(keyOf("a.test."), 0), undefined);
    writer.put(cacheEntry("a.test."));
    assert.equal(writer.put(cacheEntry("a.test.", { texts: 240, textSize: 255 })), false);
    assert.equal(lookup.find(keyOf("a.test."), 0), undefined);
    const { entries, octets, refused } = cacheStatistics(memory);
    assert.deepEqual({ entries, octets, refused }, { entries: 0, octets: 0, refused: 1 });
  });

  it("keep what is asked for, whatever passes by", () => {
    const { memory, writer, lookup } = cache();
    const hot = Array.from({ length: 200 }, (_, i) => `hot${i}.test.`);
    for (const name of hot) writer.put(cacheEntry(name));
    for (let i = 0; i < 50_000; i++) {
      writer.put(cacheEntry(`cold${i}.test.`));
      const name = hot[i % hot.length] ?? "";
      assert.ok(lookup.find(keyOf(name), 0), `${name} after ${i}`);
    }
    const { kept, evicted, octets } = cacheStatistics(memory);
    assert.ok(kept > 200 && evicted > 40_000, JSON.stringify({ kept, evicted }));
    // What nobody asked for does not stay for its own sake, but the room is used.
    assert.ok(octets > 0.6 * cacheSizeMin, `${octets} octets`);
  });

  it("make room even where everything is in use", () => {
    const { writer, lookup } = cache();
    for (let i = 0; i < 8_000; i++) {
      const name = `n${i}.test.`;
      assert.equal(writer.put(cacheEntry(name, { texts: i % 30 })), true);
      for (let back = 0; back < 20; back++) lookup.find(keyOf(`n${i - back}.test.`), 0);
      assert.ok(lookup.find(keyOf(name), 0));
    }
  });

  it("let what has expired go before what has not", () => {
    const { memory, writer, lookup } = cache();
    for (let i = 0; i < 3_000; i++) {
      writer.put(cacheEntry(`n${i}.test.`, { ttl: 10 }));
      lookup.find(keyOf(`n${i}.test.`), 0);
    }
    for (let i = 0; i < 10_000; i++) writer.put(cacheEntry(`m${i}.test.`, { at: 20 }));
    const { expired, kept } = cacheStatistics(memory);
    assert.equal(kept, 0);
    assert.ok(expired > 2_900, `${expired} expired`);
  });

  it("answer as a map does, but for what they had no room for", () => {
    const step = fc.record({
      name: fc.integer({ min: 0, max: 400 }),
      partition: fc.integer({ min: 1, max: 3 }),
      remove: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      texts: fc.integer({ min: 0, max: 150 }),
      textSize: fc.integer({ min: 0, max: 255 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 500, maxLength: 2_000 }), (steps) => {
        const { memory, lookup } = cache();
        let writer = new CacheWriter(memory);
        const model = new Map<string, Uint8Array>();
        let now = 0;
        for (const { name, partition, remove, texts, textSize } of steps) {
          const text = `n${name}.test.`;
          const entry = cacheEntry(text, {
            partition,
            texts,
            textSize,
            fill: now++,
            ttl: 1e6,
            at: 0,
          });
          // A writer's successor goes on where it stopped.
          if (now % 100 === 0) writer = new CacheWriter(memory);
          const key = `${text} ${partition}`;
          if (remove) {
            writer.remove(entry.key);
            model.delete(key);
          } else if (writer.put(entry)) {
            model.set(key, entry.response);
            assert.deepEqual(lookup.find(entry.key, 0)?.response, entry.response);
          } else {
            model.delete(key);
          }
        }
        let entries = 0;
        for (let name = 0; name <= 400; name++) {
          for (let partition = 1; partition <= 3; partition++) {
            const text = `n${name}.test.`;
            const found = lookup.find(keyOf(text, partition), 0);
            if (!found) continue;
            entries++;
            assert.deepEqual(found.response, model.get(`${text} ${partition}`));
          }
        }
        assert.equal(cacheStatistics(memory).entries, entries);
      }),
      { numRuns: 15 },
    );
  });
});

describe("CacheReader", () => {
  it("refuses records that have no room, and writes nothing past them", () => {
    const { memory, writer } = cache();
    writer.put(cacheEntry("a.test.", { textSize: 30 }));
    const reader = new CacheReader(memory);
    const { view, size } = nameView("a.test.");
    assert.equal(reader.find(view, size, TYPE.TXT, 0, 1), true);
    const packet = new Uint8Array(200);
    const records = 2 * 43;
    assert.equal(reader.read(new DataView(packet.buffer), 10, 10 + records - 1, 0), READ.TOO_LARGE);
    assert.equal(reader.read(new DataView(packet.buffer), 10, 10 + records, 0), records);
    assert.deepEqual([reader.answerCount, reader.authorityCount], [1, 1]);
    assert.ok(packet.subarray(10 + records).every((octet) => octet === 0));
  });

  it("has an entry fetched anew once, while it is fresh and after its time", () => {
    const { memory, writer } = cache();
    writer.put(cacheEntry("a.test.", { prefetchAtSeconds: 270 }));
    const readers = [new CacheReader(memory), new CacheReader(memory)];
    const { view, size } = nameView("a.test.");
    const claims = (now: number) =>
      readers.map((reader) => {
        assert.ok(reader.find(view, size, TYPE.TXT, 0, 1));
        return reader.claimPrefetch(now);
      });
    assert.deepEqual(claims(269), [false, false]);
    assert.deepEqual(claims(270), [true, false]);
    assert.deepEqual(claims(280), [false, false]);
    writer.put(cacheEntry("a.test.", { at: 280, prefetchAtSeconds: 550 }));
    assert.deepEqual(claims(550), [true, false]);
  });

  it("never gives a torn answer while a writer in another thread overwrites them", async () => {
    const { memory, writer } = cache();
    const names = Array.from({ length: 64 }, (_, i) => `${"n".repeat(1 + (i % 50))}${i}.test.`);
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const thread = new URL("../../../test/support/cache-reader-thread.ts", import.meta.url);
    const data = { workerData: { memory, names, stop } };
    const readers = [new Worker(thread, data), new Worker(thread, data)];
    const results = readers.map((reader) => once(reader, "message"));
    const entries = Array.from({ length: 2_048 }, (_, i) =>
      cacheEntry(names[i % names.length] ?? "", tornTestShape(i * 7)),
    );
    const end = performance.now() + 2_000;
    for (let i = 0; performance.now() < end; i++) {
      const entry = entries[i % entries.length];
      if (entry) writer.put(entry);
    }
    Atomics.store(stop, 0, 1);
    for (const [counts] of await Promise.all(results)) {
      const { found, torn } = counts as { found: number; torn: number };
      assert.equal(torn, 0);
      assert.ok(found > 10_000, `${found} found`);
    }
    assert.ok(cacheStatistics(memory).puts > 10_000);
  });
});
