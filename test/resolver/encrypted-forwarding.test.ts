import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";

import { freePort, stopChild } from "../differential/peers/peer.ts";
import { boto3, python } from "../support/boto3.ts";
import { certificate, opensslPath } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import { unboundPath } from "./servers.ts";

const kdig = "/usr/bin/kdig";
const run = promisify(execFile);

const serverName = "dns.partner.example";
const made = certificate({ names: [serverName] });
const vpcId = "vpc-0000000a";

/**
 * A FORWARD rule for each line `DOMAIN PROTOCOL PORT NAME`. Debian's boto3 is older than protocols
 * of targets: its model is told of them.
 */
const makeRules = `
import boto3, os, sys
r = boto3.client("route53resolver", endpoint_url=os.environ["SIGNPOST_API"])
shapes = r.meta.service_model._shape_resolver._shape_map
shapes["CreateResolverEndpointRequest"]["members"]["Protocols"] = {"shape": "SecurityGroupIds"}
for name in ["Protocol", "ServerNameIndication"]:
    shapes["TargetAddress"]["members"][name] = {"shape": "DomainName"}
subnet = {"SubnetId": "subnet-0000000a"}
endpoint = r.create_resolver_endpoint(CreatorRequestId="e", Direction="OUTBOUND",
    SecurityGroupIds=["sg-0000000a"], Protocols=["DoT", "DoH"],
    IpAddresses=[{**subnet, "Ip": "127.0.0.1"}, {**subnet, "Ip": "127.0.0.2"}])["ResolverEndpoint"]
for line in sys.stdin.read().splitlines():
    domain, protocol, port, name = line.split()
    rule = r.create_resolver_rule(CreatorRequestId=domain, RuleType="FORWARD", DomainName=domain,
        ResolverEndpointId=endpoint["Id"], TargetIps=[{"Ip": "127.0.0.1", "Port": int(port),
            "Protocol": protocol, "ServerNameIndication": name}])["ResolverRule"]
    r.associate_resolver_rule(ResolverRuleId=rule["Id"], VPCId="${vpcId}")
`;

async function startPartner(t: TestContext, folder: string) {
  const [plain, tls, https] = [await freePort(), await freePort(), await freePort()];
  const { cert, key } = made();
  writeFileSync(join(folder, "cert.pem"), cert);
  writeFileSync(join(folder, "key.pem"), key);
  const interfaces = [plain, tls, https].map((port) => `  interface: 127.0.0.1@${port}\n`).join("");
  const names = ["dot.example", "doh.example", "wrong.example"]
    .map((name) => `  local-data: "www.${name}. 60 A 10.9.9.9"\n`)
    .join("");
  writeFileSync(
    join(folder, "unbound.conf"),
    `server:
${interfaces}${names}  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  module-config: "iterator"
  tls-port: ${tls}
  https-port: ${https}
  tls-service-key: "key.pem"
  tls-service-pem: "cert.pem"
remote-control:
  control-enable: no
`,
  );
  const words = ["-d", "-c", join(folder, "unbound.conf")];
  const child = spawn(unboundPath, words, { stdio: "ignore", detached: true });
  t.after(() => stopChild(child));
  return { tls, https };
}

testWith(
  [python, boto3, kdig, unboundPath, opensslPath],
  "rules forward over TLS and HTTPS to Unbound, and to no server of another name",
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "signpost-resolver-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const { tls, https } = await startPartner(t, folder);
    const signpost = await startSignpost({
      args: ["--workers", "1", "--resolver", "127.0.0.1:0"],
      env: { NODE_EXTRA_CA_CERTS: join(folder, "cert.pem") },
    });
    t.after(() => signpost.stop());
    const network = ["--cidr", "127.0.0.0/8", "--subnet", "subnet-0000000a=127.0.0.0/24"];
    const create = ["vpc", "create", "--id", vpcId, "--region", "us-east-1", ...network];
    await run(repositoryPath("bin/signpost"), [...create, "--data", signpost.dataDir]);
    const rules = run(python, ["-c", makeRules], {
      env: { ...signpost.env, SIGNPOST_API: signpost.api },
    });
    rules.child.stdin?.end(
      [
        `dot.example DoT ${tls} ${serverName}`,
        `doh.example DoH ${https} ${serverName}`,
        `wrong.example DoT ${tls} other.example`,
      ].join("\n"),
    );
    await rules;
    const port = String(signpost.resolvers[0]?.port);
    const ask = async (name: string): Promise<string> => {
      const words = ["@127.0.0.1", "-p", port, "+time=5", "+retry=0", name, "A"];
      const { stdout } = await run(kdig, words);
      return /\sA\s+([\d.]+)$/m.exec(stdout)?.[1] ?? /status: (\w+)/.exec(stdout)?.[1] ?? "";
    };
    let last = "";
    for (const name of ["www.dot.example", "www.doh.example"]) {
      await eventually(name, async () => (last = await ask(name)) === "10.9.9.9");
    }
    assert.equal(last, "10.9.9.9");
    assert.equal(await ask("www.wrong.example"), "SERVFAIL");
  },
);
