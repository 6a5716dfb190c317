import { execFileSync } from "node:child_process";
import { boto3, python, runBoto3 } from "../support/boto3.ts";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

testWith([python, boto3, "/usr/bin/dig"], "boto3: Cloud Map, with its effect in DNS", async (t) => {
  const listen = ["--resolver", "127.0.0.1:0=vpc-11111111"];
  const args = ["--workers", "1", "--health-allow", "127.0.0.0/8", ...listen];
  const signpost = await startSignpost({ args });
  t.after(() => signpost.stop());
  const words = "vpc create --id vpc-11111111 --region us-east-1 --cidr 10.0.0.0/16".split(" ");
  execFileSync(repositoryPath("bin/signpost"), [...words, "--data", signpost.dataDir]);
  const [resolver] = signpost.resolvers;
  const more = {
    SIGNPOST_DNS: `${signpost.dns.address} ${signpost.dns.port}`,
    SIGNPOST_RESOLVER: `${resolver?.address} ${resolver?.port}`,
  };
  await runBoto3(t, { signpost, script: "cloud_map_operations.py", more });
});
