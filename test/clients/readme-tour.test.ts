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

/** What the tour must print, in this order; each line is one line of its output. */
const expected = [
  /^192\.0\.2\.[12]$/,
  /^192\.0\.2\.[12]$/,
  /^2001:db8::1$/,
  /^192\.0\.2\.[12]$/,
  /^192\.0\.2\.[12]$/,
  /^10 mail\.example\.com\.$/,
  /^"v=spf1 mx" " -all"$/,
  /^0 issue "ca\.example\.net" ?$/,
  /^1 10 5060 sip\.example\.com\.$/,
  /^1 \. alpn=h3,h2 ipv4hint=192\.0\.2\.1$/,
  /^www\.example\.com\.$/,
  /^192\.0\.2\.[12]$/,
  /^192\.0\.2\.[12]$/,
  /^example\.com\.\tA$/,
  /^example\.com\.\tCAA$/,
  /^example\.com\.\tMX$/,
  /^example\.com\.\tNS$/,
  /^example\.com\.\tSOA$/,
  /^example\.com\.\tTXT$/,
  /^_sip\._tcp\.example\.com\.\tSRV$/,
  /^\\052\.apps\.example\.com\.\tCNAME$/,
  /^www\.example\.com\.\tA$/,
  /^www\.example\.com\.\tAAAA$/,
  /^www\.example\.com\.\tHTTPS$/,
  /IN\s+SOA\s/,
  /^\*\.apps.*CNAME\s+www/,
  /^signpost \d/,
  /^health +good$/,
  /ok/,
  /^signpost_dns_queries_total/,
];

testWith(["/usr/bin/aws", "/usr/bin/kdig"], "README's tour runs as it is written", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "signpost-tour-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(repositoryPath("bin"), join(folder, "bin"));
  const signpost = await startSignpost({ dataDir: join(folder, "signpost-data") });
  t.after(() => signpost.kill("SIGTERM"));
  const script = readmeBlocks("## Two-minute tour")
    .join("\n")
    .replaceAll("127.0.0.1:8053", new URL(signpost.api).host)
    .replaceAll("-p 5300", `-p ${signpost.dns.port}`);
  const aws = await startPreforkedAws();
  t.after(() => aws.stop());
  const options = { cwd: folder, env: aws.env, timeout: 120_000 };
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], options);
  const lines = stdout.split("\n");
  let from = 0;
  for (const pattern of expected) {
    const at = lines.findIndex((line, index) => index >= from && pattern.test(line));
    assert.ok(at >= 0, `${pattern} is not printed after line ${from} of\n${stdout}`);
    from = at + 1;
  }
});
