import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testWith } from "../support/peers.ts";
import { route53Client } from "../support/route53-client.ts";
import { startSignpost } from "../support/signpost-process.ts";
import { PairWriter } from "./pair-writer.ts";

const writes = 25;

/** A system call in the order in which it ended. */
type Call = { name: "sync" | "answer"; text: string };

testWith(["/usr/bin/strace"], "no 200 leaves before its change is on the disk", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "signpost-strace-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const trace = join(folder, "trace");
  const strace = [
    "strace",
    "-D",
    "-f",
    "-s",
    "40",
    "-e",
    "trace=fsync,fdatasync,write,writev,sendmsg",
  ];
  const signpost = await startSignpost({
    dataDir: join(folder, "data"),
    args: ["--workers", "1", "--io", "dgram"],
    prefix: [...strace, "-o", trace],
  });
  t.after(() => signpost.kill("SIGKILL"));
  const client = route53Client(signpost);
  const writer = await PairWriter.create(client, "pairs.test");
  const before = callsOf(trace).length;
  assert.equal((await writer.writeSome(client, writes)).refused, undefined);
  await signpost.kill("SIGTERM");

  const calls = callsOf(trace).slice(before);
  let synced = 0;
  let answers = 0;
  for (const call of calls) {
    if (call.name === "sync") synced++;
    else {
      answers++;
      assert.ok(synced > 0, `answer ${answers} left with no sync since the one before`);
      synced = 0;
    }
  }
  assert.equal(answers, writes, "one answer for each write, each after a sync of its own");
  t.diagnostic(`${answers} answers, each after its own fdatasync`);
});

/** Ends of syncs and beginnings of HTTP 200 answers, in the order of the trace. */
function callsOf(trace: string): Call[] {
  const calls: Call[] = [];
  for (const text of readFileSync(trace, "utf8").split("\n")) {
    const ended = / = 0\b/.test(text);
    if (/(?:fsync|fdatasync)\(|<\.\.\. (?:fsync|fdatasync) resumed/.test(text) && ended) {
      calls.push({ name: "sync", text });
    } else if (/"HTTP\/1\.1 200/.test(text)) {
      calls.push({ name: "answer", text });
    }
  }
  return calls;
}
