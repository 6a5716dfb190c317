import { createHash } from "node:crypto";
import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import type { MetricDatum, PutMetricAlarmCommandInput } from "@aws-sdk/client-cloudwatch";
import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  CreateHostedZoneCommand,
  CreateTrafficPolicyCommand,
  CreateTrafficPolicyInstanceCommand,
} from "@aws-sdk/client-route-53";
import type { ResourceRecordSet, Route53Client } from "@aws-sdk/client-route-53";
import { signOwnCall } from "../../src/base/own-api.ts";
import { route53Client } from "../support/route53-client.ts";
import { startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

const namespace = "Shop";

/** A Signpost with a hosted zone `shop.example`, and what tests of metrics do with it. */
export class MetricsWorld {
  readonly cloudWatch: CloudWatchClient;
  readonly signpost: SignpostProcess;
  readonly #route53: Route53Client;
  #zoneId = "";
  #references = 0;

  constructor(signpost: SignpostProcess) {
    const { api: endpoint, accessKeyId, secretAccessKey } = signpost;
    this.signpost = signpost;
    this.#route53 = route53Client(signpost);
    this.cloudWatch = new CloudWatchClient({
      ...{ endpoint, region: "us-east-1", maxAttempts: 1 },
      credentials: { accessKeyId, secretAccessKey },
    });
  }

  static async start(dataDir?: string): Promise<MetricsWorld> {
    const args = ["--workers", "1", "--log-level", "warn", "--health-allow", "127.0.0.0/8"];
    return new MetricsWorld(await startSignpost({ args, ...(dataDir ? { dataDir } : {}) }));
  }

  async createZone(): Promise<void> {
    const { HostedZone } = await this.#route53.send(
      new CreateHostedZoneCommand({ Name: "shop.example", CallerReference: "zone" }),
    );
    this.#zoneId = HostedZone?.Id ?? "";
  }

  async put(MetricName: string, ...data: Omit<MetricDatum, "MetricName">[]): Promise<void> {
    const MetricData = data.map((datum) => ({ MetricName, ...datum }));
    await this.cloudWatch.send(new PutMetricDataCommand({ Namespace: namespace, MetricData }));
  }

  /** An alarm on a metric above 90 within a minute, unless told otherwise. */
  async putAlarm(given: Partial<PutMetricAlarmCommandInput>): Promise<void> {
    await this.cloudWatch.send(
      new PutMetricAlarmCommand({
        ...{ AlarmName: "busy", Namespace: namespace, MetricName: "Load", Statistic: "Maximum" },
        ...{ Period: 60, EvaluationPeriods: 1, Threshold: 90 },
        ComparisonOperator: "GreaterThanThreshold",
        ...given,
      }),
    );
  }

  /** A check of the alarm `busy`; gives its id. */
  async createCheck(InsufficientDataHealthStatus: "Healthy" | "Unhealthy"): Promise<string> {
    const { HealthCheck } = await this.#route53.send(
      new CreateHealthCheckCommand({
        CallerReference: `check ${this.#references++}`,
        HealthCheckConfig: {
          ...{ Type: "CLOUDWATCH_METRIC", InsufficientDataHealthStatus },
          AlarmIdentifier: { Region: "us-east-1", Name: "busy" },
        },
      }),
    );
    return HealthCheck?.Id ?? "";
  }

  /** Two failover sets of A records, the first with a check: 192.0.2.1 and 192.0.2.2. */
  async createFailover(name: string, HealthCheckId: string): Promise<void> {
    const set = (Failover: "PRIMARY" | "SECONDARY", Value: string): ResourceRecordSet => ({
      ...{ Name: name, Type: "A", TTL: 0, SetIdentifier: Failover, Failover },
      ResourceRecords: [{ Value }],
    });
    const sets = [{ ...set("PRIMARY", "192.0.2.1"), HealthCheckId }, set("SECONDARY", "192.0.2.2")];
    await this.#route53.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: this.#zoneId,
        ChangeBatch: {
          Changes: sets.map((ResourceRecordSet) => ({ Action: "CREATE", ResourceRecordSet })),
        },
      }),
    );
  }

  async createPolicyInstance(name: string, document: object): Promise<void> {
    const { TrafficPolicy } = await this.#route53.send(
      new CreateTrafficPolicyCommand({ Name: name, Document: JSON.stringify(document) }),
    );
    await this.#route53.send(
      new CreateTrafficPolicyInstanceCommand({
        ...{ Name: name, HostedZoneId: this.#zoneId, TTL: 0 },
        ...{ TrafficPolicyId: TrafficPolicy?.Id, TrafficPolicyVersion: 1 },
      }),
    );
  }

  /** A webhook that is told of `events` besides what alarms' actions tell it. */
  async createWebhook(webhook: { name: string; url: string; events: string[] }): Promise<void> {
    await this.#own("POST", "notifications", {
      body: { ...webhook, secret: "a secret of some length" },
    });
  }

  /** Why a name is answered as it is: the explanation's JSON. */
  explain(name: string): Promise<string> {
    return this.#own("GET", "explain", { query: { name, type: "A" } });
  }

  async #own(
    method: "GET" | "POST",
    path: string,
    { query = {}, body }: { query?: Record<string, string>; body?: object },
  ): Promise<string> {
    const { api, accessKeyId, secretAccessKey } = this.signpost;
    const text = body === undefined ? "" : JSON.stringify(body);
    const sha256 = createHash("sha256").update(text).digest("hex");
    const { target, headers } = await signOwnCall(
      { endpoint: new URL(api), key: { accessKeyId, secretAccessKey } },
      { method, path, query, sha256 },
    );
    const response = await fetch(target, { method, headers, ...(text ? { body: text } : {}) });
    if (!response.ok) throw new Error(await response.text());
    return response.text();
  }

  async stop(): Promise<void> {
    this.#route53.destroy();
    this.cloudWatch.destroy();
    await this.signpost.stop();
  }
}
