import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { testWith } from "../support/peers.ts";
import { startPreforkedAws } from "../support/preforked-aws.ts";
import { readmeBlocks } from "../support/readme-blocks.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

const programs = ["/usr/bin/aws", "/usr/bin/kdig"];

testWith(programs, "README's service discovery runs as it is written", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "signpost-discovery-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(repositoryPath("bin"), join(folder, "bin"));
  const signpost = await startSignpost({ dataDir: join(folder, "signpost-data") });
  t.after(() => signpost.kill("SIGTERM"));
  const blocks = [
    ...readmeBlocks("## Two-minute tour", 1),
    ...readmeBlocks("## Service discovery"),
  ];
  const script = blocks
    .join("\n")
    .replaceAll("127.0.0.1:8053", new URL(signpost.api).host)
    .replaceAll("-p 5300", `-p ${signpost.dns.port}`);
  const aws = await startPreforkedAws();
  t.after(() => aws.stop());
  const env = { ...aws.env, no_proxy: "" };
  const options = { cwd: folder, env, timeout: 120_000 };
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], options);
  const lines = stdout.trim().split("\n");
  const addresses = lines.filter((line) => /^10\.0\.0\.\d$/.test(line));
  assert.deepEqual(addresses.slice(0, 3).toSorted(), ["10.0.0.1", "10.0.0.2", "10.0.0.3"], stdout);
  assert.deepEqual(addresses.slice(3).toSorted(), ["10.0.0.1", "10.0.0.3"], stdout);
  assert.match(stdout, /^i-1\t1\ni-3\t3$/m);
  assert.match(lines.at(-1) ?? "", /^[0-9a-z]{32}-[0-9a-z]{8}$/);
});
