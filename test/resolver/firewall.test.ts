import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand } from "@aws-sdk/client-route-53";
import { formatIp } from "../../src/base/ip.ts";
import { readName, formatName } from "../../src/dns/wire/name.ts";
import { TYPE, rcodeToText } from "../../src/dns/wire/registries.ts";
import { ask } from "../support/ask.ts";
import type { Json } from "../support/aws-cli.ts";
import { eventually } from "../support/eventually.ts";
import { resolverClient } from "../support/resolver-client.ts";
import type { ResolverClient } from "../support/resolver-client.ts";
import { route53Client } from "../support/route53-client.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

// The DNS Firewall from the API to the answers, over names of a private zone on two VPCs.

const vpcs = ["vpc-0a1b2c3d", "vpc-0a1b2c3e"] as const;

const records: readonly [name: string, type: "A" | "AAAA" | "CNAME", value: string][] = [
  ["www", "A", "10.0.0.1"],
  ["www", "AAAA", "2001:db8::1"],
  ["sink", "A", "10.0.0.99"],
  ["tracker", "A", "10.0.0.66"],
  ["cdn.tracker", "A", "10.0.0.67"],
  ["shop", "CNAME", "cdn.tracker.corp.example"],
];

describe("DNS Firewall", () => {
  let signpost: SignpostProcess;
  let requests = 0;

  const call = async (name: Parameters<ResolverClient>[0], input: object): Promise<Json> =>
    await resolverClient(signpost)(name, input as never);
  const request = () => ({ CreatorRequestId: `request ${requests++}`, Name: "test" });

  before(async () => {
    const listeners = vpcs.flatMap((id) => ["--resolver", `127.0.0.1:0=${id}`]);
    signpost = await startSignpost({ args: ["--workers", "1", ...listeners] });
    for (const id of vpcs) {
      const words = ["--id", id, "--region", "us-east-1", "--cidr", "10.0.0.0/16", "--by-listener"];
      const command = ["vpc", "create", ...words, "--data", signpost.dataDir];
      await promisify(execFile)(repositoryPath("bin/signpost"), command);
      await addZone(id);
    }
    await becomes(0, "www.corp.example", "A 10.0.0.1");
    await becomes(1, "www.corp.example", "A 10.0.0.1");
  });
  after(() => signpost.stop());

  async function addZone(VPCId: string): Promise<void> {
    const client = route53Client(signpost);
    const { HostedZone } = await client.send(
      new CreateHostedZoneCommand({
        ...{ Name: "corp.example", CallerReference: VPCId },
        VPC: { VPCId, VPCRegion: "us-east-1" },
      }),
    );
    const Changes = records.map(([name, Type, Value]) => ({
      Action: "CREATE" as const,
      ResourceRecordSet: {
        ...{ Name: `${name}.corp.example`, Type, TTL: 300 },
        ResourceRecords: [{ Value }],
      },
    }));
    await client.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: HostedZone?.Id,
        ChangeBatch: { Changes },
      }),
    );
  }

  /** The records of an answer, or its response code. */
  async function seen(vpc: number, name: string, type: string): Promise<string> {
    const server = signpost.resolvers[vpc];
    assert.ok(server);
    const { rcode, answer } = await ask(server, name, type);
    const texts = answer.map(({ type: of, rdata, ttl }) =>
      of === TYPE.CNAME
        ? `CNAME ${formatName(readName(rdata, 0).name)} ${ttl}`
        : `${of === TYPE.A ? "A" : "AAAA"} ${formatIp(rdata)}`,
    );
    return texts.join(", ") || rcodeToText(rcode);
  }

  async function becomes(vpc: number, name: string, wanted: string, type = "A"): Promise<void> {
    let last = "";
    const isSo = async () => (last = await seen(vpc, name, type)) === wanted;
    await eventually(name, isSo).catch(() => assert.equal(last, wanted, `${name} ${type}`));
  }

  async function addList(...Domains: string[]): Promise<string> {
    const { FirewallDomainList } = await call("CreateFirewallDomainList", request());
    const FirewallDomainListId = FirewallDomainList.Id;
    await call("UpdateFirewallDomains", { FirewallDomainListId, Operation: "ADD", Domains });
    return FirewallDomainListId;
  }

  /** Puts a group with these rules on the first VPC for the time of `f`. */
  async function withRules(rules: readonly object[], f: (group: Json) => Promise<void>) {
    const { FirewallRuleGroup } = await call("CreateFirewallRuleGroup", request());
    const FirewallRuleGroupId = FirewallRuleGroup.Id;
    const entries = rules.map((rule, i) => ({
      ...{ ...request(), FirewallRuleGroupId, Priority: i + 1, ...rule },
    }));
    const { CreateErrors } = await call("BatchCreateFirewallRule", {
      CreateFirewallRuleEntries: entries,
    });
    assert.deepEqual(CreateErrors, []);
    const { FirewallRuleGroupAssociation } = await call("AssociateFirewallRuleGroup", {
      ...{ ...request(), FirewallRuleGroupId, VpcId: vpcs[0], Priority: 101 },
    });
    try {
      await f(FirewallRuleGroup);
    } finally {
      await call("DisassociateFirewallRuleGroup", {
        FirewallRuleGroupAssociationId: FirewallRuleGroupAssociation.Id,
      });
    }
  }

  const nxdomain = { Action: "BLOCK", BlockResponse: "NXDOMAIN" };

  test("blocks names on the VPC it is on, from the commit to its removal", async () => {
    const FirewallDomainListId = await addList("*.tracker.corp.example");
    await withRules([{ FirewallDomainListId, ...nxdomain }], async () => {
      await becomes(0, "cdn.tracker.corp.example", "NXDOMAIN");
      assert.equal(await seen(0, "tracker.corp.example", "A"), "A 10.0.0.66");
      assert.equal(await seen(1, "cdn.tracker.corp.example", "A"), "A 10.0.0.67");
      const more = { FirewallDomainListId, Operation: "ADD", Domains: ["tracker.corp.example"] };
      await call("UpdateFirewallDomains", more);
      await becomes(0, "tracker.corp.example", "NXDOMAIN");
    });
    await becomes(0, "cdn.tracker.corp.example", "A 10.0.0.67");
    await becomes(0, "tracker.corp.example", "A 10.0.0.66");
  });

  test("overrides, and blocks one type", async () => {
    const override = {
      ...{ Action: "BLOCK", BlockResponse: "OVERRIDE", BlockOverrideTtl: 7 },
      ...{ BlockOverrideDomain: "sink.corp.example", BlockOverrideDnsType: "CNAME" },
    };
    const rules = [
      { FirewallDomainListId: await addList("tracker.corp.example"), ...override },
      {
        FirewallDomainListId: await addList("www.corp.example"),
        ...{ Action: "BLOCK", BlockResponse: "NODATA", Qtype: "AAAA" },
      },
    ];
    await withRules(rules, async () => {
      const sink = "CNAME sink.corp.example. 7, A 10.0.0.99";
      await becomes(0, "tracker.corp.example", sink);
      await becomes(0, "www.corp.example", "NOERROR", "AAAA");
      assert.equal(await seen(0, "www.corp.example", "A"), "A 10.0.0.1");
      assert.equal(await seen(1, "www.corp.example", "AAAA"), "AAAA 2001:db8::1");
    });
  });

  test("judges the names that an answer leads to, unless the rule trusts them", async () => {
    const shop = await addList("shop.corp.example");
    const wall = { FirewallDomainListId: await addList("*"), ...nxdomain };
    const allow = { FirewallDomainListId: shop, Action: "ALLOW" };
    const whole = "CNAME cdn.tracker.corp.example. 300, A 10.0.0.67";
    await withRules([allow, wall], async (group) => {
      await becomes(0, "www.corp.example", "NXDOMAIN");
      assert.equal(await seen(0, "shop.corp.example", "A"), "NXDOMAIN");
      await call("UpdateFirewallRule", {
        ...{ FirewallRuleGroupId: group.Id, FirewallDomainListId: shop },
        FirewallDomainRedirectionAction: "TRUST_REDIRECTION_DOMAIN",
      });
      await becomes(0, "shop.corp.example", whole);
      assert.equal(await seen(0, "cdn.tracker.corp.example", "A"), "NXDOMAIN");
    });
  });

  test("query logs of a VPC name the rule", async () => {
    const { ResolverQueryLogConfig } = await call("CreateResolverQueryLogConfig", {
      ...request(),
      DestinationArn: "arn:aws:s3:::example-logs/dns/",
    });
    await call("AssociateResolverQueryLogConfig", {
      ...{ ResolverQueryLogConfigId: ResolverQueryLogConfig.Id, ResourceId: vpcs[0] },
    });
    const FirewallDomainListId = await addList("tracker.corp.example");
    await withRules([{ FirewallDomainListId, Action: "ALERT" }], async (group) => {
      const file = join(
        signpost.dataDir,
        "resolver-query-logs/s3-example-logs%2Fdns/queries.jsonl",
      );
      const alerts = (): Json[] =>
        (existsSync(file) ? readFileSync(file, "utf8") : "")
          .split("\n")
          .filter((line) => line.includes('"ALERT"'))
          .map((line) => JSON.parse(line));
      await eventually("the query is in the log", async () => {
        assert.equal(await seen(0, "tracker.corp.example", "A"), "A 10.0.0.66");
        await seen(1, "tracker.corp.example", "A");
        return alerts().length > 0;
      });
      for (const line of alerts()) {
        assert.equal(line.vpc_id, vpcs[0]);
        assert.equal(line.query_name, "tracker.corp.example.");
        assert.equal(line.firewall_rule_group_id, group.Id);
        assert.equal(line.firewall_domain_list_id, FirewallDomainListId);
      }
    });
  });
});
