import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../src/base/random.ts";
import { askTxt } from "../support/ask.ts";
import { route53Client } from "../support/route53-client.ts";
import { startSignpost } from "../support/signpost-process.ts";
import { PairWriter } from "./pair-writer.ts";

const kills = Number(process.env["SIGNPOST_TEST_KILLS"] ?? 200);
const writersAtOnce = 3;
const seed = 20_261_122;

test(`${kills} kills during writes lose nothing acknowledged and show no half batch`, async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), "signpost-kill-"));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const random = seededRandom(seed);
  const args = ["--workers", "1"];
  let writer: PairWriter | undefined;
  for (let kill = 0; kill <= kills; kill++) {
    const signpost = await startSignpost({ dataDir, args });
    const client = route53Client(signpost);
    try {
      writer ??= await PairWriter.create(client, "pairs.test");
      const values = await writer.verify(client);
      for (const [name, value] of values) {
        assert.deepEqual(await askTxt(signpost.dns, name), [value], `kill ${kill}: ${name}`);
      }
      const writing = Array.from({ length: writersAtOnce }, () => writer?.writeUntilCut(client));
      await sleep(20 + (random.uint32() % 120));
      await signpost.kill(kill === kills ? "SIGTERM" : "SIGKILL");
      await Promise.all(writing);
    } finally {
      await signpost.kill("SIGKILL");
      client.destroy();
    }
  }
  assert.ok(writer && writer.acknowledgedTotal > kills, "enough was written to mean something");
  t.diagnostic(`${kills} kills, ${writer.acknowledgedTotal} acknowledged batches, none lost`);
});
