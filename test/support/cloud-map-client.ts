import { setTimeout as delay } from "node:timers/promises";
import {
  CreatePublicDnsNamespaceCommand,
  GetOperationCommand,
  ServiceDiscoveryClient,
} from "@aws-sdk/client-servicediscovery";
import type { SignpostProcess } from "./signpost-process.ts";

/** The SDK's client for a Signpost's Cloud Map; no retries, so that tests see each answer. */
export function cloudMapClient(signpost: SignpostProcess): ServiceDiscoveryClient {
  const { api, accessKeyId, secretAccessKey } = signpost;
  return new ServiceDiscoveryClient({
    endpoint: api,
    region: "us-east-1",
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
    // DiscoverInstances puts "data-" before the host, which an address cannot take.
    disableHostPrefix: true,
  });
}

/** Waits for an operation. @returns its targets */
export async function operationDone(
  client: ServiceDiscoveryClient,
  OperationId: string | undefined,
): Promise<Partial<Record<string, string>>> {
  for (;;) {
    const { Operation } = await client.send(new GetOperationCommand({ OperationId }));
    if (Operation?.Status === "SUCCESS") return Operation.Targets ?? {};
    if (Operation?.Status === "FAIL") throw new Error(Operation.ErrorMessage);
    await delay(10);
  }
}

/** @returns the id */
export async function publicNamespace(
  client: ServiceDiscoveryClient,
  Name: string,
): Promise<string> {
  const { OperationId } = await client.send(new CreatePublicDnsNamespaceCommand({ Name }));
  const { NAMESPACE = "" } = await operationDone(client, OperationId);
  return NAMESPACE;
}
