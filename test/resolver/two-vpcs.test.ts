import assert from "node:assert/strict";

import { eventually } from "../support/eventually.ts";
import { dig } from "./dig.ts";
import { networksTest } from "./networks.ts";
import {
  openWorld,
  publicPort,
  region,
  resolverOf,
  vpcA,
  vpcB,
  worldPrograms,
} from "./resolver-world.ts";
import type { ResolverWorld } from "./resolver-world.ts";

/** One with the addresses of A, and a listener of its own. */
const vpcC = "vpc-0000000c";

/** What a name's addresses are, or its status, as clients of a VPC see it. */
type Seen = (from: "a" | "b", name: string) => Promise<string>;

function seenIn({ networks }: ResolverWorld): Seen {
  return async (from, name) => {
    const { status, values } = await dig(networks[from], resolverOf[from], name, "A");
    return values.length > 0 ? values.join(" ") : status;
  };
}

/** Waits until a name is seen so: rules and lists take a moment to reach the resolver. */
async function becomes(
  seen: Seen,
  from: "a" | "b",
  { name, is }: { name: string; is: string },
): Promise<void> {
  let last = "";
  try {
    await eventually(name, async () => (last = await seen(from, name)) === is);
  } catch {
    assert.equal(last, is, `${name} from ${from}`);
  }
}

networksTest(worldPrograms, "two VPCs see what is theirs, with dig and the AWS CLI", async (t) => {
  const world = await openWorld(t, { args: ["--resolver", `10.1.0.2:53=${vpcC}`] });
  const { networks, aws } = world;
  const seen = seenIn(world);

  await t.test("the same private name has an answer in each", async () => {
    await world.zone("corp.example", { "app.corp.example": "10.1.5.5" }, [vpcA]);
    await world.zone("corp.example", { "app.corp.example": "10.2.5.5" }, [vpcB]);
    assert.equal(await seen("a", "app.corp.example"), "10.1.5.5");
    assert.equal(await seen("b", "app.corp.example"), "10.2.5.5");
    const { flags } = await dig(networks.a, resolverOf.a, "app.corp.example", "A");
    assert.ok(flags.includes("ra") && !flags.includes("aa"), flags.join(" "));
  });

  await t.test("a VPC with the same addresses is told by its listener", async () => {
    const create = ["vpc", "create", "--id", vpcC, "--region", region];
    await world.command(...create, "--cidr", "10.1.0.0/16", "--by-listener");
    await world.zone("corp.example", { "app.corp.example": "10.3.5.5" }, [vpcC]);
    const { values } = await dig(networks.a, "10.1.0.2", "app.corp.example", "A");
    assert.deepEqual(values, ["10.3.5.5"]);
    assert.equal(await seen("a", "app.corp.example"), "10.1.5.5");
  });

  await t.test("hosts entries of a VPC come before its zones", async () => {
    await world.command("vpc", "host", "add", vpcA, "build.corp.example", "10.1.5.99");
    await becomes(seen, "a", { name: "build.corp.example", is: "10.1.5.99" });
    assert.equal(await seen("b", "build.corp.example"), "NXDOMAIN");
  });

  await t.test("a public zone is hidden by the private one of its name", async () => {
    const records = { "www.split.example": "192.0.2.80", "open.split.example": "192.0.2.81" };
    await world.zone("split.example", records);
    await world.zone("split.example", { "www.split.example": "10.1.5.80" }, [vpcA]);
    assert.equal(await seen("a", "www.split.example"), "10.1.5.80");
    assert.equal(await seen("a", "open.split.example"), "NXDOMAIN");
    assert.equal(await seen("b", "www.split.example"), "192.0.2.80");
    assert.equal(await seen("b", "open.split.example"), "192.0.2.81");
    const server = `${resolverOf.a}#${publicPort}`;
    const { values } = await dig(networks.a, server, "www.split.example", "A");
    assert.deepEqual(values, ["192.0.2.80"]);
  });

  await t.test("all other names are the upstream resolver's", async () => {
    for (const from of ["a", "b"] as const) {
      assert.equal(await seen(from, "www.world"), "192.0.2.1");
      assert.equal(await seen(from, "nothing.nowhere"), "NXDOMAIN");
    }
  });

  await t.test("a FORWARD rule sends names elsewhere, a SYSTEM rule takes one out", async () => {
    const endpointId = await world.outboundEndpoint();
    await world.rule("FORWARD", "world", { endpointId, targets: ["10.9.0.54"] });
    await becomes(seen, "a", { name: "host.world", is: "10.9.9.1" });
    assert.equal(await seen("a", "open.world"), "10.9.9.2");
    await world.rule("SYSTEM", "open.world");
    await becomes(seen, "a", { name: "open.world", is: "192.0.2.2" });
    assert.equal(await seen("a", "host.world"), "10.9.9.1");
    assert.equal(await seen("b", "host.world"), "192.0.2.1");
  });

  await t.test("the firewall blocks and overrides, in the VPC it is on", async () => {
    const { FirewallRuleGroup } = await aws(
      "route53resolver",
      "create-firewall-rule-group",
      ...["--creator-request-id", "group", "--name", "group"],
    );
    const groupId = FirewallRuleGroup.Id as string;
    const add = async (name: string, domains: string[], ...words: string[]): Promise<void> => {
      const { FirewallDomainList } = await aws(
        "route53resolver",
        "create-firewall-domain-list",
        ...["--creator-request-id", name, "--name", name],
      );
      const listId = FirewallDomainList.Id as string;
      await aws(
        "route53resolver",
        "update-firewall-domains",
        ...["--firewall-domain-list-id", listId, "--operation", "ADD", "--domains", ...domains],
      );
      await aws(
        "route53resolver",
        "create-firewall-rule",
        ...["--creator-request-id", name, "--name", name, "--firewall-rule-group-id", groupId],
        ...["--firewall-domain-list-id", listId, ...words],
      );
    };
    const block = ["--action", "BLOCK", "--block-response"];
    await add("gone", ["bad.world", "*.bad.world"], "--priority", "10", ...block, "NXDOMAIN");
    await add(
      "elsewhere",
      ["ads.world"],
      ...["--priority", "20", ...block, "OVERRIDE"],
      ...["--block-override-domain", "app.corp.example", "--block-override-dns-type", "CNAME"],
      ...["--block-override-ttl", "5"],
    );
    await aws(
      "route53resolver",
      "associate-firewall-rule-group",
      ...["--creator-request-id", "on-a", "--firewall-rule-group-id", groupId],
      ...["--vpc-id", vpcA, "--priority", "101", "--name", "on-a"],
    );
    await becomes(seen, "a", { name: "bad.world", is: "NXDOMAIN" });
    assert.equal(await seen("a", "deep.bad.world"), "NXDOMAIN");
    assert.match(await seen("a", "ads.world"), /^app\.corp\.example\./);
    assert.equal(await seen("a", "good.world"), "10.9.9.1");
    assert.equal(await seen("b", "bad.world"), "192.0.2.1");
    assert.equal(await seen("b", "ads.world"), "192.0.2.1");
  });
});
