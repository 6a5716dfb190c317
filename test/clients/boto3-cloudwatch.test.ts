import { boto3, python, runBoto3 } from "../support/boto3.ts";
import { testWith } from "../support/peers.ts";
import { startSignpost } from "../support/signpost-process.ts";

testWith([python, boto3], "boto3: CloudWatch's metrics and alarms", async (t) => {
  const signpost = await startSignpost({ args: ["--workers", "1"] });
  t.after(() => signpost.stop());
  await runBoto3(t, { signpost, script: "cloudwatch_operations.py" });
});
