import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

/** The Python that Debian's boto3 is installed for. */
const python = "/usr/bin/python3";
const boto3 = "/usr/lib/python3/dist-packages/boto3";
const run = promisify(execFile);

testWith([python, boto3], "boto3: DNS Firewall and query logging", async (t) => {
  const signpost = await startSignpost({ args: ["--workers", "1"] });
  t.after(() => signpost.stop());
  const vpc = "vpc-0a1b2c3d";
  const words = ["vpc", "create", "--id", vpc, "--region", "us-east-1", "--cidr", "10.0.0.0/16"];
  await run(repositoryPath("bin/signpost"), [...words, "--data", signpost.dataDir]);
  const env = {
    ...signpost.env,
    SIGNPOST_API: signpost.api,
    SIGNPOST_VPC: vpc,
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const script = repositoryPath("test/clients/boto3/firewall_operations.py");
  const { stderr } = await run(python, [script, "-v"], { env, timeout: 120_000 });
  for (const line of stderr.trim().split("\n")) t.diagnostic(line);
});
