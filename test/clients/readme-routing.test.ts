import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { testWith } from "../support/peers.ts";
import { startPreforkedAws } from "../support/preforked-aws.ts";
import { readmeBlocks, readmeSection } from "../support/readme-blocks.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

const addressLine = /^(?:\d+\.){3}\d+$/;

testWith(["/usr/bin/aws", "/usr/bin/kdig"], "README's routing runs as it is written", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "signpost-routing-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["bin", "docs"]) symlinkSync(repositoryPath(name), join(folder, name));
  const signpost = await startSignpost({ dataDir: join(folder, "signpost-data") });
  t.after(() => signpost.kill("SIGTERM"));
  const [setUp = "", ...policies] = readmeBlocks("## Routing");
  const script = [...readmeBlocks("## Two-minute tour", 1), setUp, waitForServers, ...policies]
    .join("\n")
    .replaceAll("127.0.0.1:8053", new URL(signpost.api).host)
    .replaceAll("-p 5300", `-p ${signpost.dns.port}`);
  const aws = await startPreforkedAws();
  t.after(() => aws.stop());
  const options = { cwd: folder, env: aws.env, timeout: 180_000 };
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], options);
  const [answered = "", explained = ""] = stdout.split(/^(?=question )/m);
  const answers = answered.split("\n").filter((line) => addressLine.test(line));
  checkAnswers(answers, script);
  assert.equal(masked(explained), masked(outputOf("bin/signpost explain")));
});

/** Who types takes longer than a change does; the test is faster, and waits until it is served. */
const waitForServers = `
eval "$(declare -f put | sed '1s/put/put_sets/')"
put() {
  put_sets "$@"
  until curl -s http://127.0.0.1:8053/metrics | awk '/^signpost_log_head / { head = $2 }
    /^signpost_log_served / { served = $2 } END { exit head != served }'; do sleep 0.02; done
}`;

/** Every `ask` says in its comment what it prints, but for those whose answer is drawn. */
function checkAnswers(answers: string[], script: string): void {
  const asks = script.split("\n").filter((line) => /^ask [a-z]/.test(line));
  for (const line of asks) {
    const [said] = /#.*?(\d+\.\d+\.\d+\.\d+)$/.exec(line)?.slice(1) ?? [];
    const count = line.includes("multi") ? 2 : 1;
    const printed = answers.splice(0, count);
    assert.equal(printed.length, count, line);
    if (said) assert.deepEqual(printed, [said], line);
  }
  assert.deepEqual(answers, []);
}

/** Without what differs each time: ids, and the spaces that go with their lengths. */
function masked(text: string): string {
  return text
    .replaceAll(/\(Z[0-9A-Z]+\)/g, "(ZONE)")
    .replaceAll(/[0-9a-f-]{36}/g, "CHECK")
    .trim();
}

/** The text block after the shell block that begins with a command. */
function outputOf(command: string): string {
  const section = readmeSection("## Routing");
  const after = section.slice(section.indexOf(`\`\`\`sh\n${command}`));
  return /^```text\n(.*?)^```$/ms.exec(after)?.[1] ?? "";
}
