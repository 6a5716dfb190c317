import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { freePort } from "../differential/peers/peer.ts";
import { testWith } from "../support/peers.ts";
import { startPreforkedAws } from "../support/preforked-aws.ts";
import { readmeBlocks } from "../support/readme-blocks.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

const programs = ["/usr/bin/aws", "/usr/bin/kdig", "/usr/sbin/unbound"];

/** What the chapter must print, in this order: answers of the one VPC, and of the other. */
const expected = [
  "10.1.0.5",
  "10.2.0.5",
  "10.1.0.80",
  "192.0.2.1",
  "192.0.2.2",
  "10.20.0.7",
  "10.1.0.90",
  "10.20.0.7",
  "db.corp.example.",
  "10.1.0.5",
];

testWith(programs, "README's chapter on private DNS runs as it is written", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "signpost-private-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(repositoryPath("bin"), join(folder, "bin"));
  const ports = { "5301": await freePort(), "5302": await freePort(), "5335": await freePort() };
  const given = /^npm start -- (--resolver .*)$/m.exec(
    readFileSync(repositoryPath("README.md"), "utf8"),
  );
  assert.ok(given?.[1], "the chapter says how to start");
  const withPorts = (text: string): string =>
    Object.entries(ports).reduce((all, [port, free]) => all.replaceAll(port, String(free)), text);
  const signpost = await startSignpost({
    dataDir: join(folder, "signpost-data"),
    args: withPorts(given[1]).split(" "),
  });
  t.after(() => signpost.kill("SIGTERM"));
  const aws = await startPreforkedAws();
  t.after(() => aws.stop());
  const script = withPorts(
    [...readmeBlocks("## Two-minute tour", 2), ...readmeBlocks("## Private DNS")].join("\n"),
  )
    .replaceAll("127.0.0.1:8053", new URL(signpost.api).host)
    .replaceAll("-p 5300", `-p ${signpost.dns.port}`);
  const options = { cwd: folder, env: aws.env, timeout: 120_000 };
  t.after(() => stopUnbound(join(folder, "unbound.pid")));
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], options);
  const answers = stdout.split("\n").filter((line) => /^[\d.]+$|^db\.corp/.test(line));
  // The public zone's two addresses come in either order.
  answers.splice(3, 2, ...answers.slice(3, 5).toSorted());
  assert.deepEqual(answers, expected, stdout);
});

/** Where the script did not come so far. */
function stopUnbound(file: string): void {
  try {
    process.kill(Number(readFileSync(file, "utf8")));
  } catch {
    // It has ended, or was never started.
  }
}
