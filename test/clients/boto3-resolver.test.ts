import { execFileSync } from "node:child_process";
import { boto3, python, runBoto3 } from "../support/boto3.ts";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

testWith([python, boto3], "boto3: endpoints, rules and configurations", async (t) => {
  const signpost = await startSignpost({ args: ["--workers", "1"] });
  t.after(() => signpost.stop());
  const vpc = "vpc-0a1b2c3d";
  const network = ["--cidr", "10.0.0.0/16", "--subnet", "subnet-0000000a=10.0.0.0/24"];
  const words = ["vpc", "create", "--id", vpc, "--region", "us-east-1", ...network];
  execFileSync(repositoryPath("bin/signpost"), [...words, "--data", signpost.dataDir]);
  const more = { SIGNPOST_VPC: vpc, SIGNPOST_SUBNET: "subnet-0000000a" };
  await runBoto3(t, { signpost, script: "resolver_operations.py", more });
});
