import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

/** The Python that Debian's boto3 is installed for. */
const python = "/usr/bin/python3";
const boto3 = "/usr/lib/python3/dist-packages/boto3";
const run = promisify(execFile);

testWith([python, boto3], "boto3: endpoints, rules and configurations", async (t) => {
  const signpost = await startSignpost({ args: ["--workers", "1"] });
  t.after(() => signpost.stop());
  const vpc = "vpc-0a1b2c3d";
  const network = ["--cidr", "10.0.0.0/16", "--subnet", "subnet-0000000a=10.0.0.0/24"];
  const words = ["vpc", "create", "--id", vpc, "--region", "us-east-1", ...network];
  await run(repositoryPath("bin/signpost"), [...words, "--data", signpost.dataDir]);
  const env = {
    ...signpost.env,
    SIGNPOST_API: signpost.api,
    SIGNPOST_VPC: vpc,
    SIGNPOST_SUBNET: "subnet-0000000a",
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const script = repositoryPath("test/clients/boto3/resolver_operations.py");
  const { stderr } = await run(python, [script, "-v"], { env, timeout: 120_000 });
  for (const line of stderr.trim().split("\n")) t.diagnostic(line);
});
