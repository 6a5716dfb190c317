import { Route53Client } from "@aws-sdk/client-route-53";
import type { SignpostProcess } from "./signpost-process.ts";

/** The SDK's client for a Signpost; no retries unless asked, so that tests see each answer. */
export function route53Client(signpost: SignpostProcess, maxAttempts = 1): Route53Client {
  const { api, accessKeyId, secretAccessKey } = signpost;
  return new Route53Client({
    endpoint: api,
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts,
  });
}
