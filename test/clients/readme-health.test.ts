import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startHttpEndpoint } from "../support/http-endpoint.ts";
import { testWith } from "../support/peers.ts";
import { readmeBlocks } from "../support/readme-blocks.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

const programs = ["/usr/bin/aws", "/usr/bin/kdig", "/usr/bin/python3"];

testWith(programs, "README's health section runs as it is written", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "signpost-health-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(repositoryPath("bin"), join(folder, "bin"));
  const dataDir = join(folder, "signpost-data");
  const signpost = await startSignpost({ dataDir, args: ["--health-allow", "127.0.0.0/8"] });
  t.after(() => signpost.kill("SIGTERM"));
  // A port that is free at this moment, for the site.
  const endpoint = await startHttpEndpoint();
  await endpoint.stop();
  const definitions = [...readmeBlocks("## Two-minute tour", 1), ...readmeBlocks("## Routing", 1)];
  const script = [...definitions, ...readmeBlocks("## Health")]
    .join("\n")
    .replaceAll("127.0.0.1:8053", new URL(signpost.api).host)
    .replaceAll("8081", String(endpoint.port))
    .replaceAll("-p 5300", `-p ${signpost.dns.port}`);
  const env = { ...process.env, PATH: `/usr/bin:/bin:${process.env["PATH"]}` };
  const options = { cwd: folder, env, timeout: 120_000 };
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], options);
  const answers = stdout.split("\n").filter((line) => /^192\.0\.2\.\d$/.test(line));
  assert.deepEqual(answers, ["192.0.2.1", "192.0.2.2"], stdout);
  assert.match(stdout, /^\S{36}  site  http:\/\/127\.0\.0\.1:\d+\/  UNHEALTHY  0\/1/m);
  assert.match(
    stdout,
    /health-check\.status .* site  healthy → unhealthy: .*; concerns 1 record set/,
  );
  assert.match(stdout, /^Failure: /m);
});
