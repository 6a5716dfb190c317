import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";

/** Path prefix of Signpost's own operations; the AWS APIs stand beside it. */
export const ownPrefix = "/signpost/v1";

export type AccessKey = { accessKeyId: string; secretAccessKey: string };

/** A request of Signpost's own API, before it is signed. */
export type OwnCall = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the own prefix, without a leading slash; segments already encoded. */
  path: string;
  query?: Record<string, string>;
  /** Of the body, in hex. */
  sha256: string;
};

/** Where a call goes and the headers that prove who sends it (Signature Version 4). */
export async function signOwnCall(
  { endpoint, key }: { endpoint: URL; key: AccessKey },
  call: OwnCall,
): Promise<{ target: URL; headers: Record<string, string> }> {
  const path = `${ownPrefix}/${call.path}`;
  const signer = new SignatureV4({
    service: "signpost",
    region: "us-east-1",
    sha256: Hash.bind(null, "sha256"),
    credentials: key,
  });
  const { headers } = await signer.sign({
    method: call.method,
    protocol: endpoint.protocol,
    hostname: endpoint.hostname,
    path,
    query: call.query ?? {},
    headers: { host: endpoint.host, "x-amz-content-sha256": call.sha256 },
  });
  const query = new URLSearchParams(call.query ?? {}).toString().replaceAll("+", "%20");
  return { target: new URL(path + (query ? `?${query}` : ""), endpoint), headers };
}

/**
 * The key of one profile in the text of an AWS shared-credentials file.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function readAccessKey(text: string, profile = "default"): AccessKey | undefined {
  let section = "";
  const members = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[\s*(?:profile\s+)?([^\]]*?)\s*\]/.exec(line)?.[1];
    if (heading !== undefined) section = heading;
    const [, name, value] = /^\s*(aws_\w+)\s*=\s*(\S+)/.exec(line) ?? [];
    if (section === profile && name && value) members.set(name, value);
  }
  const accessKeyId = members.get("aws_access_key_id");
  const secretAccessKey = members.get("aws_secret_access_key");
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
}
