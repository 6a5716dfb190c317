import { createHash } from "node:crypto";
import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Json } from "./aws-cli.ts";
import type { SignpostProcess } from "./signpost-process.ts";

/**
 * Calls an operation of Route 53 Resolver, the newest included: Debian's clients do not know all of
 * them, and the SDK has no package of it here.
 * @throws Error `Code: message` where it is refused
 */
export async function callResolver(
  { api, accessKeyId, secretAccessKey }: SignpostProcess,
  operation: string,
  input: object,
): Promise<Json> {
  const url = new URL(api);
  const body = JSON.stringify(input);
  const signer = new SignatureV4({
    ...{ service: "route53resolver", region: "us-east-1", sha256: Hash.bind(null, "sha256") },
    credentials: { accessKeyId, secretAccessKey },
  });
  const { headers } = await signer.sign({
    ...{ method: "POST", protocol: url.protocol, hostname: url.hostname, path: "/", body },
    headers: {
      host: url.host,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `Route53Resolver.${operation}`,
      "x-amz-content-sha256": createHash("sha256").update(body).digest("hex"),
    },
  });
  const response = await fetch(url, { method: "POST", headers, body });
  const answer = (await response.json()) as Json;
  if (response.ok) return answer;
  throw new Error(`${String(answer.__type).replace(/.*#/, "")}: ${answer.Message}`);
}
