import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

/** The Python that Debian's boto3 is installed for. */
const python = "/usr/bin/python3";
const boto3 = "/usr/lib/python3/dist-packages/boto3";

testWith([python, boto3], "boto3: every operation it knows", async (t) => {
  const signpost = await startSignpost({ args: ["--workers", "1"] });
  t.after(() => signpost.stop());
  for (const [i, id] of ["vpc-11111111", "vpc-22222222"].entries()) {
    const words = `vpc create --id ${id} --region us-east-1 --cidr 10.${i}.0.0/16`.split(" ");
    execFileSync(repositoryPath("bin/signpost"), [...words, "--data", signpost.dataDir]);
  }
  const env = { ...signpost.env, SIGNPOST_API: signpost.api, PYTHONDONTWRITEBYTECODE: "1" };
  const script = repositoryPath("test/clients/boto3/route53_operations.py");
  const { stderr } = await promisify(execFile)(python, [script, "-v"], { env, timeout: 120_000 });
  for (const line of stderr.trim().split("\n")) t.diagnostic(line);
});
