import { execFileSync } from "node:child_process";
import { boto3, python, runBoto3 } from "../support/boto3.ts";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

testWith([python, boto3], "boto3: every operation it knows", async (t) => {
  const signpost = await startSignpost({ args: ["--workers", "1"] });
  t.after(() => signpost.stop());
  for (const [i, id] of ["vpc-11111111", "vpc-22222222"].entries()) {
    const words = `vpc create --id ${id} --region us-east-1 --cidr 10.${i}.0.0/16`.split(" ");
    execFileSync(repositoryPath("bin/signpost"), [...words, "--data", signpost.dataDir]);
  }
  await runBoto3(t, { signpost, script: "route53_operations.py" });
});
