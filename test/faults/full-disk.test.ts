import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { untilTxt } from "../support/ask.ts";
import { testWith } from "../support/peers.ts";
import { route53Client } from "../support/route53-client.ts";
import { startSignpost } from "../support/signpost-process.ts";
import { PairWriter } from "./pair-writer.ts";

const diskSize = 32 * 1024 * 1024;

testWith(["/usr/bin/mount"], "a full disk refuses writes and goes on answering", async (t) => {
  const disk = mkdtempSync(join(tmpdir(), "signpost-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${diskSize}`, "tmpfs", disk]);
  t.after(() => {
    execFileSync("umount", ["-l", disk]);
    rmSync(disk, { recursive: true, force: true });
  });
  const dataDir = join(disk, "data");
  const signpost = await startSignpost({ dataDir, args: ["--workers", "1"] });
  t.after(() => signpost.kill("SIGKILL"));
  const client = route53Client(signpost);
  const writer = await PairWriter.create(client, "pairs.test");
  assert.equal((await writer.writeSome(client, 20)).refused, undefined);

  const filler = join(disk, "filler");
  fillDisk(disk, filler);
  const { refused } = await writer.writeSome(client, 2000);
  assert.ok(refused, "a write was refused");
  assert.equal(refused.name, "ServiceUnavailable");
  assert.match(refused.message, /no space left/i);
  assert.equal(refused.$metadata?.httpStatusCode, 503);
  const values = await writer.verify(client);
  for (const [name, value] of values) await untilTxt(signpost.dns, name, [value]);

  rmSync(filler);
  assert.equal((await writer.writeSome(client, 20)).refused, undefined, "space is back");
  await signpost.kill("SIGKILL");
  const again = await startSignpost({ dataDir, args: ["--workers", "1"] });
  t.after(() => again.kill("SIGKILL"));
  await writer.verify(route53Client(again));
});

function fillDisk(disk: string, filler: string): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(filler, new Uint8Array(bavail * bsize));
}
