import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

/** The Python that Debian's boto3 is installed for; it speaks CloudWatch's query protocol. */
const python = "/usr/bin/python3";
const boto3 = "/usr/lib/python3/dist-packages/boto3";

testWith([python, boto3], "boto3: CloudWatch's metrics and alarms", async (t) => {
  const signpost = await startSignpost({ args: ["--workers", "1"] });
  t.after(() => signpost.stop());
  const env = { ...signpost.env, SIGNPOST_API: signpost.api, PYTHONDONTWRITEBYTECODE: "1" };
  const script = repositoryPath("test/clients/boto3/cloudwatch_operations.py");
  const { stderr } = await promisify(execFile)(python, [script, "-v"], { env, timeout: 120_000 });
  for (const line of stderr.trim().split("\n")) t.diagnostic(line);
});
