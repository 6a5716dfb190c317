import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { apexRecords, imageOf } from "../../../test/support/zone-under-test.ts";
import type { StateReader } from "../state/state-reader.ts";
import { ImageCache } from "./image-cache.ts";

const dataDir = mkdtempSync(join(tmpdir(), "signpost-images-"));
after(() => rmSync(dataDir, { recursive: true }));

/** A state in which one zone is as told. */
function stateOf(head = 5, hash = "abc", collectionVersion = 1): StateReader {
  const state: Partial<StateReader> = {
    list: <T>() => [{ key: ["C1"], value: { version: collectionVersion } as T }],
    zoneDigest: (zoneId) => (zoneId === "Z1" ? { head, count: 3, hash } : undefined),
  };
  return state as StateReader;
}

const image = imageOf("example.com.", `${apexRecords}www 60 A 192.0.2.1\n`);
const path = join(dataDir, "images", "Z1.image");

test("ImageCache gives back the image of the same state, and its seed", () => {
  const cache = new ImageCache(dataDir);
  assert.equal(cache.load(stateOf(), "Z1"), undefined);
  cache.save(stateOf(), "Z1", image);
  const again = new ImageCache(dataDir);
  assert.equal(again.seed, cache.seed);
  const loaded = again.load(stateOf(), "Z1");
  assert.deepEqual(new Uint8Array(loaded?.buffer ?? new SharedArrayBuffer(0)), octets());
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(again.load(stateOf(6), "Z1"), undefined);
  assert.equal(again.load(stateOf(5, "abd"), "Z1"), undefined);
  assert.equal(again.load(stateOf(5, "abc", 2), "Z1"), undefined);
  assert.equal(again.load(stateOf(), "Z2"), undefined);
});

function octets(): Uint8Array {
  return new Uint8Array(image.buffer);
}

test("ImageCache takes no file in which a bit has flipped or that is cut short", () => {
  const cache = new ImageCache(dataDir);
  cache.save(stateOf(), "Z1", image);
  const file = readFileSync(path);
  for (let at = 0; at < file.length; at++) {
    for (const bit of [1, 32]) {
      const damaged = Buffer.from(file);
      damaged[at] = (damaged[at] as number) ^ bit;
      writeFileSync(path, damaged);
      assert.equal(cache.load(stateOf(), "Z1"), undefined, `octet ${at} xor ${bit}`);
    }
    writeFileSync(path, file.subarray(0, at));
    assert.equal(cache.load(stateOf(), "Z1"), undefined, `cut at ${at}`);
  }
  writeFileSync(path, file);
  assert.ok(cache.load(stateOf(), "Z1"));
});

/** The image that a new cache has of a small zone. */
function smallImage(state: StateReader, zoneId = "Z1"): Uint8Array | undefined {
  const cache = new ImageCache(dataDir);
  cache.openPack(state);
  const loaded = cache.loadSmall(state, zoneId);
  return loaded && new Uint8Array(loaded.buffer);
}

test("ImageCache gives back the images of small zones of the same state", () => {
  const cache = new ImageCache(dataDir);
  assert.equal(smallImage(stateOf()), undefined);
  cache.saveSmall(stateOf(), [["Z1", image]]);
  assert.deepEqual(smallImage(stateOf()), octets());
  assert.equal(smallImage(stateOf(6)), undefined);
  assert.equal(smallImage(stateOf(5, "abd")), undefined);
  assert.equal(smallImage(stateOf(5, "abc", 2)), undefined);
  assert.equal(smallImage(stateOf(), "Z2"), undefined);
  cache.openPack(stateOf());
  cache.closePack();
  assert.equal(cache.loadSmall(stateOf(), "Z1"), undefined);
});

test("ImageCache gives back many images of small zones, and one larger than others", () => {
  const state: Partial<StateReader> = {
    list: () => [],
    zoneDigest: (zoneId) => ({ head: Number(zoneId), count: 3, hash: "" }),
  };
  const records = Array.from({ length: 40_000 }, (_, i) => `h${i} 60 A 192.0.2.1\n`).join("");
  const large = imageOf("example.com.", apexRecords + records);
  const images = Array.from({ length: 3_000 }, (_, i) => (i === 2_000 ? large : image));
  const cache = new ImageCache(dataDir);
  cache.saveSmall(
    state as StateReader,
    images.map((each, i) => [String(i), each] as const),
  );
  cache.openPack(state as StateReader);
  images.forEach((each, i) => {
    const loaded = cache.loadSmall(state as StateReader, String(i));
    assert.ok(loaded && Buffer.from(loaded.buffer).equals(Buffer.from(each.buffer)), `image ${i}`);
  });
});

test("ImageCache takes no small image in which a bit has flipped or that is cut short", () => {
  const small = join(dataDir, "images", "small");
  new ImageCache(dataDir).saveSmall(stateOf(), [["Z1", image]]);
  const file = readFileSync(small);
  for (let at = 0; at < file.length; at++) {
    for (const bit of [1, 32]) {
      const damaged = Buffer.from(file);
      damaged[at] = (damaged[at] as number) ^ bit;
      writeFileSync(small, damaged);
      assert.equal(smallImage(stateOf()), undefined, `octet ${at} xor ${bit}`);
    }
    writeFileSync(small, file.subarray(0, at));
    assert.equal(smallImage(stateOf()), undefined, `cut at ${at}`);
  }
  rmSync(small);
});

test("ImageCache.keepOnly() removes the images of other zones, and nothing else", () => {
  const cache = new ImageCache(dataDir);
  cache.save(stateOf(), "Z1", image);
  writeFileSync(join(dataDir, "images", "Z2.image"), "");
  writeFileSync(join(dataDir, "images", "Z3.image.unfinished"), "");
  cache.keepOnly(new Set(["Z1"]));
  assert.deepEqual(readdirSync(join(dataDir, "images")).sort(), ["Z1.image", "seed"]);
});
