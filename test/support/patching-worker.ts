/** Patches one owner of an image over and over while another thread asks for it. */
import { parentPort, workerData } from "node:worker_threads";

import { patchZoneImage } from "../../src/dataplane/image/patch-zone-image.ts";
import { TYPE } from "../../src/dns/wire/registries.ts";

const patchCountMax = 30_000;

const { buffer, owner } = workerData as { buffer: SharedArrayBuffer; owner: Uint8Array };
let patches = 0;
for (let i = 0; i < patchCountMax; i++) {
  const rdatas = [0, 1].map((first) => Uint8Array.of(10, first, i >> 8, i));
  const sets = i % 5 === 4 ? [] : [{ owner, type: TYPE.A, ttl: 60, rdatas }];
  if (!patchZoneImage({ buffer }, owner, sets)) break;
  patches++;
}
parentPort?.postMessage(patches);
