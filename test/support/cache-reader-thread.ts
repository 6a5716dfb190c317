/**
 * Reads answers that a writer is replacing all the time, and tells how many it found, missed, and
 * found torn; for answer-cache.test.ts. Every octet of an answer's TXT records is alike, and the
 * records' number follows from it.
 */
import { parentPort, workerData } from "node:worker_threads";
import { parseName } from "../../src/dns/wire/name.ts";
import { TYPE } from "../../src/dns/wire/registries.ts";
import { CacheReader } from "../../src/resolver/cache/cache-reader.ts";
import { tornAnswer } from "./torn-answers.ts";

type Data = { memory: SharedArrayBuffer; names: string[]; stop: Int32Array<SharedArrayBuffer> };

const { memory, names, stop } = workerData as Data;
const reader = new CacheReader(memory);
const packet = new DataView(new ArrayBuffer(70_000));
const encoded = names.map((text) => {
  const name = parseName(text);
  const octets = new Uint8Array(260);
  octets.set(name);
  return { size: name.length, view: new DataView(octets.buffer) };
});
const counts = { found: 0, missed: 0, gone: 0, torn: 0 };
for (let i = 0; Atomics.load(stop, 0) === 0; i++) {
  const name = encoded[i % encoded.length];
  if (!name || !reader.find(name.view, name.size, TYPE.TXT, 0, 1)) {
    counts.missed++;
    continue;
  }
  const size = reader.read(packet, 0, 65_535, 0);
  if (size < 0) counts.gone++;
  else if (tornAnswer(packet, size, reader.answerCount)) counts.torn++;
  else counts.found++;
}
parentPort?.postMessage(counts);
