import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { silentLogger } from "./logger.ts";
import { QueryLogFile } from "./query-log-file.ts";
import type { QueryLogRecord } from "./query-log-file.ts";

const root = mkdtempSync(join(tmpdir(), "query-log-"));
after(() => rmSync(root, { recursive: true }));

function recordOf(queryName: string): QueryLogRecord {
  return {
    timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    hostedZoneId: "Z123",
    queryName,
    queryType: "AAAA",
    responseCode: "NOERROR",
    protocol: "UDP",
    edgeLocation: "LOCAL",
    resolverIp: "192.0.2.7",
    ednsClientSubnet: "-",
  };
}

test("QueryLogFile writes one JSON object a line, and adds to a file that is there", async () => {
  const directory = join(root, "lines", "deeper");
  for (const queryName of ["a.example.com", 'odd"\\042\n.example.com']) {
    const file = new QueryLogFile({ directory, logger: silentLogger });
    file.write(recordOf(queryName));
    await file.close();
  }
  const lines = readFileSync(join(directory, "queries.jsonl"), "utf8").trimEnd().split("\n");
  assert.equal(lines.length, 2);
  assert.deepEqual(JSON.parse(lines[0] as string), {
    version: "1.0",
    queryTimestamp: "2026-01-02T03:04:05.678Z",
    hostedZoneId: "Z123",
    queryName: "a.example.com",
    queryType: "AAAA",
    responseCode: "NOERROR",
    protocol: "UDP",
    edgeLocation: "LOCAL",
    resolverIp: "192.0.2.7",
    ednsClientSubnet: "-",
  });
  assert.equal(JSON.parse(lines[1] as string).queryName, 'odd"\\042\n.example.com');
});

test("QueryLogFile keeps a bounded number of files of a bounded size", async () => {
  const directory = join(root, "rotation");
  const file = new QueryLogFile({
    directory,
    logger: silentLogger,
    fileSizeMax: 1_000,
    fileCountMax: 3,
  });
  for (let i = 0; i < 100; i++) {
    file.write(recordOf(`n${i}.example.com`));
    // Gives the streams their turns, as a server does.
    if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await file.close();
  const names = readdirSync(directory).toSorted();
  assert.deepEqual(names, ["queries.1.jsonl", "queries.2.jsonl", "queries.jsonl"]);
  for (const name of names) assert.ok(readFileSync(join(directory, name)).length <= 1_000, name);
  assert.match(readFileSync(join(directory, "queries.jsonl"), "utf8"), /n99\.example\.com/);
  assert.equal(file.droppedCount, 0);
});

test("QueryLogFile drops and counts what cannot be written", async () => {
  writeFileSync(join(root, "not-a-directory"), "");
  mkdirSync(join(root, "taken", "queries.jsonl"), { recursive: true });
  for (const name of ["not-a-directory", "taken"]) {
    const file = new QueryLogFile({ directory: join(root, name), logger: silentLogger });
    file.write(recordOf("a.example.com"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    file.write(recordOf("b.example.com"));
    assert.ok(file.droppedCount >= 1, name);
    await file.close();
  }
});
