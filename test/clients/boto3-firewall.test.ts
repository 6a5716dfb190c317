import { execFileSync } from "node:child_process";
import { boto3, python, runBoto3 } from "../support/boto3.ts";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

testWith([python, boto3], "boto3: DNS Firewall and query logging", async (t) => {
  const signpost = await startSignpost({ args: ["--workers", "1"] });
  t.after(() => signpost.stop());
  const vpc = "vpc-0a1b2c3d";
  const words = ["vpc", "create", "--id", vpc, "--region", "us-east-1", "--cidr", "10.0.0.0/16"];
  execFileSync(repositoryPath("bin/signpost"), [...words, "--data", signpost.dataDir]);
  const more = { SIGNPOST_VPC: vpc };
  await runBoto3(t, { signpost, script: "firewall_operations.py", more });
});
