import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { testWith } from "../support/peers.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";

const python = "/usr/bin/python3";
const boto3 = "/usr/lib/python3/dist-packages/boto3";

testWith([python, boto3, "/usr/bin/dig"], "boto3: Cloud Map, with its effect in DNS", async (t) => {
  const listen = ["--resolver", "127.0.0.1:0=vpc-11111111"];
  const args = ["--workers", "1", "--health-allow", "127.0.0.0/8", ...listen];
  const signpost = await startSignpost({ args });
  t.after(() => signpost.stop());
  const words = "vpc create --id vpc-11111111 --region us-east-1 --cidr 10.0.0.0/16".split(" ");
  execFileSync(repositoryPath("bin/signpost"), [...words, "--data", signpost.dataDir]);
  const [resolver] = signpost.resolvers;
  const env = {
    ...signpost.env,
    SIGNPOST_API: signpost.api,
    SIGNPOST_DNS: `${signpost.dns.address} ${signpost.dns.port}`,
    SIGNPOST_RESOLVER: `${resolver?.address} ${resolver?.port}`,
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const script = repositoryPath("test/clients/boto3/cloud_map_operations.py");
  const { stderr } = await promisify(execFile)(python, [script, "-v"], { env, timeout: 120_000 });
  for (const line of stderr.trim().split("\n")) t.diagnostic(line);
});
