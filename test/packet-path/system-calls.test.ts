import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { udpBatchCountMax } from "../../src/base/limits.ts";
import { testWith } from "../support/peers.ts";
import { WatchedServer } from "./watched-server.ts";

/** What a receive buffer holds where the kernel's default limits it (net.core.rmem_max). */
const burst = 4 * udpBatchCountMax;
const queryCount = 4 * burst;
const warmUpCount = 40_000;
const folder = mkdtempSync(join(tmpdir(), "signpost-calls-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Two for each full batch are 31; some batches may not be full. */
const callsPerThousandMax = 40;
/** A line of `strace -f -o`: thread, name of the call, result where the call ended on the line. */
const callLine = /^(\d+) +(?:<\.\.\. )?(\w+)(?:\(| resumed>).*? = (-?\d+)/;

testWith(["/usr/bin/strace"], "MmsgDriver answers 1,000 queries with 31 system calls", async () => {
  const trace = join(folder, "trace");
  const server = await WatchedServer.open(["/usr/bin/strace", "-f", "-qq", "-o", trace]);
  await server.tell("start");
  await server.ask(warmUpCount, udpBatchCountMax);
  await server.ask(queryCount, burst, true);
  await server.stop();
  const text = readFileSync(trace, "utf8");
  const calls = callsOfWorker(text.slice(text.indexOf(" SIGCONT {")));
  const perThousand = (calls.length / queryCount) * 1000;
  assert.ok(calls.length >= (2 * queryCount) / udpBatchCountMax, "the trace has the calls");
  assert.ok(perThousand <= callsPerThousandMax, `${perThousand}: ${calls.join(" ")}`);
});

/** System calls of the thread that answers, from the first batch it received to the last it sent. */
function callsOfWorker(trace: string): string[] {
  const calls = trace.split("\n").flatMap((line) => {
    const [, thread = "", name = "", result] = callLine.exec(line) ?? [];
    return result === undefined ? [] : [{ thread, name, result: Number(result) }];
  });
  const isBatch = ({ name, result }: (typeof calls)[0]): boolean =>
    name.endsWith("mmsg") && result > 0;
  const worker = calls.find(isBatch)?.thread;
  const own = calls.filter(({ thread }) => thread === worker);
  return own.slice(own.findIndex(isBatch), own.findLastIndex(isBatch) + 1).map(({ name }) => name);
}
