import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { FirewallRule } from "../../control/model/firewall.ts";
import { normaliseFirewallDomain } from "../../control/model/firewall-domain.ts";
import { formatName, isSubdomain, lowerName, parseName } from "../../dns/wire/name.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import { compileFirewall } from "./compile-firewall.ts";
import { DomainSet } from "./domain-set.ts";
import { FirewallUnavailableError } from "./firewall.ts";
import type { Firewall } from "./firewall.ts";
import { filterMayMatch } from "./name-filter.ts";

type Part = Partial<FirewallRule> & { lines?: readonly string[] };

/** A firewall of rules in this order; a rule without `lines` has a list that cannot be read. */
function firewallOf(...parts: readonly Part[]): Firewall {
  const rules = parts.map(({ lines, ...part }, index) => ({
    rule: ruleOf({ name: `rule${index}`, ...part }),
    domains: lines && new DomainSet(lines.map(normaliseFirewallDomain)),
  }));
  return compileFirewall(rules, { failOpen: false });
}

function ruleOf(part: Partial<FirewallRule>): FirewallRule {
  return {
    groupId: "rslvr-frg-1",
    domainListId: "rslvr-fdl-1",
    name: "rule",
    priority: 1,
    action: "ALERT",
    redirection: "INSPECT_REDIRECTION_DOMAIN",
    creatorRequestId: "",
    createdAt: "",
    modifiedAt: "",
    ...part,
  };
}

/** The name of the rule that matches, or PASS. */
function ruleFor(firewall: Firewall, name: string, type: number = TYPE.A): string {
  const verdict = firewall.judge(lowerName(parseName(name)), type);
  return verdict.action === "PASS" ? "PASS" : verdict.ruleName;
}

const nxdomain = { action: "BLOCK", block: { response: "NXDOMAIN" } } as const;

describe("judge() matches names", () => {
  const cases: readonly [line: string, name: string, matches: boolean][] = [
    ["example.com", "example.com.", true],
    ["example.com.", "EXAMPLE.com.", true],
    ["Example.COM", "example.com.", true],
    ["example.com", "www.example.com.", false],
    ["example.com", "com.", false],
    ["example.com", "example.com.net.", false],
    ["example.com", "anexample.com.", false],
    ["*.example.com", "example.com.", false],
    ["*.example.com", "www.example.com.", true],
    ["*.example.com", "a.b.c.example.com.", true],
    ["*.example.com", "wwwexample.com.", false],
    ["*.example.com", "\\*.example.com.", true],
    ["*.com", "com.", false],
    ["*.com", "example.com.", true],
    ["*", "example.com.", true],
    ["*", ".", true],
    ["com", "com.", true],
    ["com", "example.com.", false],
    ["_dmarc.example.com", "_dmarc.example.com.", true],
    // The octets of a label can look like labels.
    ["a.example.com", "\\001a.example.com.", false],
    ["*.example.com", "x\\007example\\003com.", false],
  ];
  for (const [line, name, matches] of cases) {
    test(`${line} ${matches ? "matches" : "does not match"} ${name}`, () => {
      assert.equal(ruleFor(firewallOf({ lines: [line] }), name), matches ? "rule0" : "PASS");
    });
  }
});

test("judge() ends with the first rule that matches, ALLOW and ALERT too", () => {
  const all = ["*"];
  const allow = firewallOf({ action: "ALLOW", lines: ["a.example"] }, { ...nxdomain, lines: all });
  assert.equal(ruleFor(allow, "a.example."), "rule0");
  assert.equal(ruleFor(allow, "b.example."), "rule1");
  const alert = firewallOf({ action: "ALERT", lines: all }, { ...nxdomain, lines: all });
  assert.equal(ruleFor(alert, "a.example."), "rule0");
});

test("judge() asks a rule with a query type for that type only", () => {
  const firewall = firewallOf(
    { qtype: "AAAA", lines: ["*"] },
    { qtype: "TYPE65", lines: ["*"] },
    { qtype: "TXT", lines: ["a.example"] },
  );
  assert.equal(ruleFor(firewall, "a.example.", TYPE.A), "PASS");
  assert.equal(ruleFor(firewall, "a.example.", TYPE.AAAA), "rule0");
  assert.equal(ruleFor(firewall, "a.example.", TYPE.HTTPS), "rule1");
  assert.equal(ruleFor(firewall, "a.example.", TYPE.TXT), "rule2");
  assert.equal(firewall.mayMatch(parseName("a.example")), true, "whatever the type");
});

test("judge() says how a rule blocks", () => {
  const block = { response: "OVERRIDE", domain: "Sink.example.", ttlSeconds: 60 } as const;
  const firewall = firewallOf({ action: "BLOCK", block, lines: ["a.example"] });
  assert.deepEqual(firewall.judge(parseName("a.example"), TYPE.A), {
    action: "BLOCK",
    ruleGroupId: "rslvr-frg-1",
    ruleName: "rule0",
    domainListId: "rslvr-fdl-1",
    trustsRedirections: false,
    block: { response: "OVERRIDE", target: parseName("Sink.example."), ttlSeconds: 60 },
  });
});

describe("judgeRedirection()", () => {
  const wall = { ...nxdomain, lines: ["*"] };
  const walled = (redirection: FirewallRule["redirection"]): string => {
    const allow = { action: "ALLOW", redirection, lines: ["a.example"] } as const;
    const firewall = firewallOf(allow, wall);
    const first = firewall.judge(parseName("a.example"), TYPE.A);
    return firewall.judgeRedirection(first, parseName("cdn.example"), TYPE.A).action;
  };
  test("blocks what an inspecting rule's list does not have", () => {
    assert.equal(walled("INSPECT_REDIRECTION_DOMAIN"), "BLOCK");
  });
  test("asks nothing where the rule that matched first trusts redirections", () => {
    assert.equal(walled("TRUST_REDIRECTION_DOMAIN"), "PASS");
  });
  test("does not ask rules that look at first names only", () => {
    const firewall = firewallOf({ ...wall, redirection: "TRUST_REDIRECTION_DOMAIN" });
    const name = parseName("cdn.example");
    assert.equal(firewall.judge(name, TYPE.A).action, "BLOCK");
    assert.equal(firewall.judgeRedirection({ action: "PASS" }, name, TYPE.A).action, "PASS");
  });
});

test("judge() throws where a list cannot be read, unless an earlier rule matches", () => {
  const firewall = firewallOf({ action: "ALLOW", lines: ["a.example"] }, { action: "ALERT" });
  assert.equal(firewall.mayMatch(parseName("b.example")), true);
  assert.equal(ruleFor(firewall, "a.example."), "rule0");
  assert.throws(() => ruleFor(firewall, "b.example."), FirewallUnavailableError);
});

test("judge() and mayMatch() agree with a slow look at every line", () => {
  const label = fc.constantFrom("a", "b", "cd", "example", "*");
  const name = fc
    .array(label, { minLength: 0, maxLength: 4 })
    .map((labels) => `${labels.join(".")}.`);
  const bare = fc
    .array(fc.constantFrom("a", "b", "cd", "example"), { minLength: 1, maxLength: 4 })
    .map((labels) => labels.join("."));
  const line = fc.tuple(fc.boolean(), bare).map(([below, text]) => (below ? `*.${text}` : text));
  const lists = fc.array(fc.array(line, { maxLength: 8 }), { maxLength: 4 });
  fc.assert(
    fc.property(lists, name, (lines, text) => {
      const firewall = firewallOf(...lines.map((of) => ({ lines: of })));
      const expected = lines.findIndex((of) => of.some((one) => slowlyMatches(one, text)));
      assert.equal(ruleFor(firewall, text), expected < 0 ? "PASS" : `rule${expected}`);
      if (expected < 0) return;
      assert.equal(firewall.mayMatch(parseName(text)), true);
      assert.equal(filterMayMatch(firewall.filter, parseName(text)), true);
    }),
  );
});

function slowlyMatches(line: string, text: string): boolean {
  const name = parseName(text);
  if (!line.startsWith("*.")) return formatName(name) === formatName(parseName(line));
  const suffix = parseName(line.slice(2));
  return name.length > suffix.length && isSubdomain(name, suffix);
}

test("mayMatch() is seldom true for names that no line matches, with 100,000 lines", () => {
  const lines = Array.from(
    { length: 100_000 },
    (_, i) => `${i % 2 ? "*." : ""}host${i}.bad.example`,
  );
  const firewall = firewallOf({ lines });
  let taken = 0;
  for (let i = 0; i < 10_000; i++) {
    if (firewall.mayMatch(parseName(`www.good${i}.example`))) taken++;
  }
  assert.ok(taken < 500, `${taken} of 10,000 names`);
  assert.equal(ruleFor(firewall, "host98.bad.example."), "rule0");
  assert.equal(ruleFor(firewall, "x.host99.bad.example."), "rule0");
  assert.equal(ruleFor(firewall, "host99.bad.example."), "PASS");
  assert.ok(firewall.filter.words.byteLength <= 512 * 1024);
});
