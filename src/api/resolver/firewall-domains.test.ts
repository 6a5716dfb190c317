import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import {
  addGroup,
  addList,
  newRequest,
  openFirewallApi,
} from "../../../test/support/firewall-context.ts";
import type { Resolver } from "../../../test/support/resolver-context.ts";
import { importDomains } from "./firewall-domain-file.ts";
import { namesOf } from "./firewall-domain-rows.ts";

const directory = mkdtempSync(join(tmpdir(), "signpost-domains-"));
after(() => rmSync(directory, { recursive: true, force: true }));
const api = await openFirewallApi({ firewallImportDirectory: directory });

async function update(listId: string, operation: "ADD" | "REMOVE" | "REPLACE", domains: string[]) {
  const input = { FirewallDomainListId: listId, Operation: operation, Domains: domains };
  return api.call("UpdateFirewallDomains", input);
}

function domainsOf(from: Resolver, listId: string): string[] {
  return [...namesOf(from.state, listId)];
}

async function countOf(listId: string): Promise<number | undefined> {
  const found = await api.call("GetFirewallDomainList", { FirewallDomainListId: listId });
  return found.FirewallDomainList?.DomainCount;
}

test("UpdateFirewallDomains adds, removes and replaces", async () => {
  const id = await addList(api, "b.example", "*.a.example.", "B.Example.");
  assert.deepEqual(domainsOf(api, id), ["*.a.example.", "b.example."]);
  assert.equal(await countOf(id), 2);
  const answer = await update(id, "ADD", ["*", "b.example"]);
  assert.deepEqual([answer.Id, answer.Name, answer.Status], [id, "list", "COMPLETE"]);
  assert.deepEqual(domainsOf(api, id), ["*.", "*.a.example.", "b.example."]);
  await update(id, "REMOVE", ["*.a.example"]);
  assert.deepEqual(domainsOf(api, id), ["*.", "b.example."]);
  await update(id, "REPLACE", ["z.example", "c.example"]);
  assert.deepEqual(domainsOf(api, id), ["c.example.", "z.example."]);
  assert.equal(await countOf(id), 2);
  await update(id, "REMOVE", ["z.example", "c.example"]);
  assert.deepEqual(domainsOf(api, id), []);
  assert.equal(await countOf(id), 0);
  await update(id, "REPLACE", []);
});

describe("UpdateFirewallDomains refuses", () => {
  const cases: readonly [what: string, domain: string, words: RegExp][] = [
    ["a star inside", "a.*.example", /letters, digits, hyphens/],
    ["a star without dot", "*example.com", /letters, digits, hyphens/],
    ["a space", "a b.example", /letters, digits, hyphens/],
    ["an empty label", "a..example", /letters, digits, hyphens/],
    ["the root", ".", /letters, digits, hyphens/],
    ["a long label", `${"a".repeat(64)}.example`, /label is too long: 64 octets, limit 63/],
    ["a long name", "a.".repeat(127) + "aa", /longer than 255/],
    ["a name that is long in wire form", "a.".repeat(126) + "aaa", /name is too long/],
  ];
  for (const [what, domain, words] of cases) {
    test(what, async () => {
      const id = await addList(api, "kept.example");
      const Domains = [domain];
      const input = { FirewallDomainListId: id, Operation: "ADD", Domains } as const;
      const refusal = await api.refusal("UpdateFirewallDomains", input);
      assert.match(refusal, /^ValidationException: /);
      assert.match(refusal, words);
      assert.deepEqual(domainsOf(api, id), ["kept.example."]);
    });
  }

  test("names to remove that are not there, and changes nothing", async () => {
    const id = await addList(api, "a.example", "b.example");
    const Domains = ["a.example", "c.example"];
    const input = { FirewallDomainListId: id, Operation: "REMOVE", Domains } as const;
    const refusal = await api.refusal("UpdateFirewallDomains", input);
    assert.match(
      refusal,
      /^ValidationException: \[RSLVR-02502\] .*Example unknown domain: 'c\.exa/,
    );
    assert.deepEqual(domainsOf(api, id), ["a.example.", "b.example."]);
  });

  test("more than 1,000 at once, and a list that is not there", async () => {
    const Domains = Array.from({ length: 1001 }, (_, i) => `a${i}.example`);
    const FirewallDomainListId = await addList(api);
    const input = { FirewallDomainListId, Operation: "ADD", Domains } as const;
    assert.match(await api.refusal("UpdateFirewallDomains", input), /1001 domains.*limit 1000/);
    const missing = { ...input, FirewallDomainListId: "rslvr-fdl-0", Domains: ["a.example"] };
    assert.equal(
      await api.refusal("UpdateFirewallDomains", missing),
      "ResourceNotFoundException: [RSLVR-02025] Can't find the resource with ID 'rslvr-fdl-0'.",
    );
  });
});

test("a list keeps its names in order, whatever is added and removed", async () => {
  const name = fc.integer({ min: 0, max: 3000 }).map((i) => `n${i}.example.`);
  const step = fc.record({ add: fc.boolean(), names: fc.array(name, { maxLength: 900 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const id = await addList(api);
      const expected = new Set<string>();
      for (const { add, names } of steps) {
        const some = add ? names : names.filter((each) => expected.has(each));
        await update(id, add ? "ADD" : "REMOVE", some);
        for (const each of some) if (add) expected.add(each);
        if (!add) for (const each of some) expected.delete(each);
        assert.deepEqual(domainsOf(api, id), [...expected].toSorted());
        assert.equal(await countOf(id), expected.size);
      }
    }),
    { numRuns: 15 },
  );
});

test("ListFirewallDomains gives pages", async () => {
  const names = Array.from({ length: 950 }, (_, i) => `n${i}.example.`);
  const id = await addList(api, ...names);
  const all: string[] = [];
  let NextToken: string | undefined;
  do {
    const token = NextToken === undefined ? {} : { NextToken };
    const page = await api.call("ListFirewallDomains", {
      FirewallDomainListId: id,
      MaxResults: 130,
      ...token,
    });
    all.push(...(page.Domains ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  assert.deepEqual(all, names.toSorted());
  const first = await api.call("ListFirewallDomains", { FirewallDomainListId: id });
  assert.equal(first.Domains?.length, 100);
  const wrong = { FirewallDomainListId: id, NextToken: "wrong" };
  assert.match(
    await api.refusal("ListFirewallDomains", wrong),
    /^ValidationException: .*NextToken/,
  );
});

test("a domain list is created once for a request, and deleted when no rule uses it", async () => {
  const input = { Name: "once", CreatorRequestId: "the same", Tags: [{ Key: "a", Value: "b" }] };
  const { FirewallDomainList: list } = await api.call("CreateFirewallDomainList", input);
  const again = await api.call("CreateFirewallDomainList", input);
  assert.equal(again.FirewallDomainList?.Id, list?.Id);
  const other = await api.refusal("CreateFirewallDomainList", { ...input, Name: "other" });
  assert.match(other, /^ValidationException: /);
  assert.match(
    list?.Arn ?? "",
    /^arn:aws:route53resolver:us-east-1:000000000000:firewall-domain-list\/rslvr-fdl-/,
  );
  const id = list?.Id ?? "";
  assert.deepEqual(api.state.get("tag", ["firewall-domain-list", id]), { a: "b" });

  const groupId = await addGroup(api);
  const rule = {
    ...{ FirewallRuleGroupId: groupId, FirewallDomainListId: id, CreatorRequestId: newRequest() },
    ...{ Name: "rule", Priority: 1, Action: "ALERT" as const },
  };
  await api.call("CreateFirewallRule", rule);
  const used = await api.refusal("DeleteFirewallDomainList", { FirewallDomainListId: id });
  assert.match(used, /^ConflictException: .*1 firewall rules use it/);
  await api.call("DeleteFirewallRule", { FirewallRuleGroupId: groupId, FirewallDomainListId: id });
  await update(id, "ADD", ["a.example"]);
  const gone = await api.call("DeleteFirewallDomainList", { FirewallDomainListId: id });
  assert.equal(gone.FirewallDomainList?.Status, "DELETING");
  assert.deepEqual(domainsOf(api, id), []);
  assert.equal(api.state.get("tag", ["firewall-domain-list", id]), undefined);
  const anew = await api.call("CreateFirewallDomainList", input);
  assert.notEqual(anew.FirewallDomainList?.Id, id);
});

describe("ImportFirewallDomains", () => {
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return pathToFileURL(path).href;
  };
  const importing = (id: string, url: string) =>
    ({ FirewallDomainListId: id, Operation: "REPLACE", DomainFileUrl: url }) as const;

  test("takes a file in the directory for them", async () => {
    const id = await addList(api, "old.example");
    const url = write("good.txt", "# trackers\nb.example\r\n\n*.a.example # all\nB.example\n");
    const answer = await api.call("ImportFirewallDomains", importing(id, url));
    assert.equal(answer.Status, "COMPLETE");
    assert.deepEqual(domainsOf(api, id), ["*.a.example.", "b.example."]);
  });

  test("refuses a file with faults as a whole, and names the lines", async () => {
    const id = await addList(api, "old.example");
    const url = write("bad.txt", "good.example\nb ad.example\nok.example\na..b\n");
    const refusal = await api.refusal("ImportFirewallDomains", importing(id, url));
    assert.match(refusal, /^ValidationException: .*line 2: .*; line 4: /);
    assert.deepEqual(domainsOf(api, id), ["old.example."]);
  });

  test("refuses what is not in the directory, and what is no file", async () => {
    const id = await addList(api);
    symlinkSync("/etc/hostname", join(directory, "outside"));
    const cases: readonly [string, RegExp][] = [
      ["s3://bucket/domains.txt", /there is no S3 here/],
      ["https://bucket.s3.amazonaws.com/domains.txt", /there is no S3 here/],
      ["domains.txt", /only file:\/\/ URLs are read/],
      ["file:///etc/hostname", /not in the directory/],
      [pathToFileURL(join(directory, "outside")).href, /not in the directory/],
      [pathToFileURL(directory).href, /not in the directory/],
      [pathToFileURL(join(directory, "none.txt")).href, /cannot be read \(ENOENT\)/],
      ["file://host/domains.txt", /cannot be read/],
    ];
    for (const [url, words] of cases) {
      const refusal = await api.refusal("ImportFirewallDomains", importing(id, url));
      assert.match(refusal, /^ValidationException: .*signpost firewall import LIST FILE/);
      assert.match(refusal, words);
    }
  });

  test("refuses every file where no directory is set", async () => {
    const without = await openFirewallApi();
    const id = await addList(without);
    const refusal = await without.refusal("ImportFirewallDomains", importing(id, "file:///a.txt"));
    assert.match(refusal, /--firewall-import-directory/);
  });
});

test("importDomains() takes 100,000 names, by parts of lines", async () => {
  const id = await addList(api, "old.example");
  const text = Array.from({ length: 100_000 }, (_, i) => `host${i}.ads${i % 97}.example\n`).join(
    "",
  );
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < text.length; at += 4099) yield Buffer.from(text.slice(at, at + 4099));
  }
  const list = await importDomains(api, { listId: id, mode: "add", file: pieces() });
  assert.equal(list.domainCount, 100_001);
  assert.equal(domainsOf(api, id).length, 100_001);
  const again = await importDomains(api, { listId: id, mode: "replace", file: pieces() });
  assert.equal(again.domainCount, 100_000);
  assert.ok(!domainsOf(api, id).includes("old.example."));
});
