import assert from "node:assert/strict";
import { test } from "node:test";
import type { StateReader } from "../../control/state/state-reader.ts";
import { parseName } from "../../dns/wire/name.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import { FirewallUnavailableError } from "./firewall.ts";
import { DomainLists, readFirewall } from "./read-firewall.ts";

/** Rows by table and key, components joined by `/`; a row that is an Error cannot be read. */
function stateOf(rows: Record<string, Record<string, unknown>>): StateReader {
  const read = (row: unknown): unknown => {
    if (row instanceof Error) throw row;
    return row;
  };
  const state: Pick<StateReader, "get" | "list" | "read"> = {
    get: (table, key) => read(rows[table]?.[key.join("/")]) as never,
    list: (table, { prefix = [] } = {}) =>
      Object.entries(rows[table] ?? {})
        .filter(([key]) => key.startsWith(prefix.join("/")))
        .map(([key, row]) => ({ key: key.split("/"), value: read(row) as never })),
    read: (f) => f(),
  };
  return state as StateReader;
}

const rule = (domainListId: string, priority: number) => ({
  ...{ groupId: "g", domainListId, priority, name: domainListId, action: "ALERT" },
  redirection: "INSPECT_REDIRECTION_DOMAIN",
});

function world() {
  return {
    firewallAssociation: { a: { id: "a", groupId: "g", vpcId: "vpc-1", priority: 100 } },
    firewallAssociationByVpc: { "vpc-1/a": true, "vpc-2/a": true },
    firewallRule: { "g/first/": rule("first", 1), "g/second/": rule("second", 2) },
    firewallDomainList: { first: { version: 1 }, second: { version: 1 } },
    firewallDomains: { "first/~": ["one.example."], "second/~": ["two.example."] } as Record<
      string,
      unknown
    >,
  };
}

test("readFirewall() keeps compiled lists until their names change", () => {
  const rows = world();
  const lists = new DomainLists();
  const judge = (name: string) =>
    readFirewall(stateOf(rows), "vpc-1", lists)?.judge(parseName(name), TYPE.A).action;
  assert.equal(judge("one.example"), "ALERT");
  rows.firewallDomains["first/~"] = ["other.example."];
  assert.equal(judge("other.example"), "PASS");
  rows.firewallDomainList.first.version++;
  assert.equal(judge("other.example"), "ALERT");
  assert.equal(judge("one.example"), "PASS");
  const filters = ["vpc-1", "vpc-2"].map((id) => readFirewall(stateOf(rows), id, lists)?.filter);
  assert.equal(filters[0], filters[1]);
});

test("readFirewall() of a damaged list judges until that list comes to be asked", () => {
  const rows = world();
  rows.firewallDomains["second/~"] = new Error("a row is damaged");
  const firewall = readFirewall(stateOf(rows), "vpc-1");
  assert.equal(firewall?.failOpen, false);
  assert.equal(firewall?.mayMatch(parseName("three.example")), true);
  assert.equal(firewall?.judge(parseName("one.example"), TYPE.A).action, "ALERT");
  assert.throws(
    () => firewall?.judge(parseName("three.example"), TYPE.A),
    new FirewallUnavailableError("Cannot read domain list second"),
  );
});
