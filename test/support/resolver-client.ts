import { createHash } from "node:crypto";
import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Route53ResolverOperations } from "../../src/api/protocol/resolver-model.generated.ts";
import type { SignpostProcess } from "./signpost-process.ts";

type Operations = Route53ResolverOperations;

/** Calls one operation of Route 53 Resolver. @throws Error `CODE: message` where it is refused */
export type ResolverClient = <Name extends keyof Operations>(
  name: Name,
  input: Operations[Name]["input"],
) => Promise<Operations[Name]["output"]>;

/** A client for a Signpost that knows the newest members, which Debian's clients do not. */
export function resolverClient(signpost: SignpostProcess): ResolverClient {
  const { api, accessKeyId, secretAccessKey } = signpost;
  const endpoint = new URL(api);
  const signer = new SignatureV4({
    service: "route53resolver",
    region: "us-east-1",
    sha256: Hash.bind(null, "sha256"),
    credentials: { accessKeyId, secretAccessKey },
  });
  return async (name, input) => {
    const body = JSON.stringify(input);
    const { headers } = await signer.sign({
      method: "POST",
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      path: "/",
      body,
      headers: {
        host: endpoint.host,
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `Route53Resolver.${name}`,
        "x-amz-content-sha256": createHash("sha256").update(body).digest("hex"),
      },
    });
    const response = await fetch(endpoint, { method: "POST", headers, body });
    const answer = (await response.json()) as { __type?: string; Message?: string };
    if (response.ok) return answer as never;
    throw new Error(`${answer.__type?.replace(/.*#/, "")}: ${answer.Message}`);
  };
}
