import {
  alias,
  anywhere,
  continent,
  down,
  four,
  one,
  only,
  primary,
  record,
  region,
  secondary,
  three,
  two,
  up,
  weight,
} from "./policy-cases.ts";
import type { PolicyCase } from "./policy-cases.ts";

/** What Route 53 says of alias sets, and of trees made of them. */
export const aliasCases: readonly PolicyCase[] = [
  {
    says: "an alias answers with its target's records and TTL, under its own name",
    sets: [{ at: "target", ip: [one, two], TTL: 1234 }, { alias: "target" }],
    asked: [{ all: [one, two], ttl: 1234 }],
  },
  {
    says: "an alias answers its own type alone",
    sets: [
      { at: "target", ip: one },
      { at: "target", ip: "2001:db8::1", Type: "AAAA" },
      { alias: "target" },
    ],
    asked: [{ answers: [one] }, { type: "AAAA", answers: [] }, { type: "CNAME", answers: [] }],
  },
  {
    says: "an alias to a group is healthy while one set of it is; else its branch is backed out of",
    sets: [
      record(1, { at: "a", ...weight(1), ...down }),
      record(2, { at: "a", ...weight(1), ...up }),
      record(3, { at: "b", ...weight(1), ...down }),
      alias("first", "a", primary),
      record(4, secondary),
      alias("first", "b", { ...primary, at: "backed" }),
      record(4, { ...secondary, at: "backed" }),
    ],
    asked: [{ answers: [two] }, { at: "backed", answers: [four] }],
  },
  {
    says: "an alias of a CNAME has the CNAME's target",
    sets: [
      { at: "target", Type: "CNAME", ip: "www.example.net." },
      { Type: "CNAME", alias: "target" },
    ],
    asked: [{ type: "CNAME", answers: ["www.example.net."], ttl: 60 }],
  },
  {
    says: "an alias of an alias has the last one's records and TTL",
    sets: [{ at: "last", ip: one, TTL: 77 }, { at: "middle", alias: "last" }, { alias: "middle" }],
    asked: [{ answers: [one], ttl: 77 }],
  },
  {
    says: "a failover alias without EvaluateTargetHealth never fails over",
    sets: [
      record(1, { at: "a", ...weight(1), ...down }),
      alias("first", "a", { ...primary, eth: false }),
      record(2, secondary),
    ],
    asked: only(one),
  },
  {
    says: "either side of a failover may be a tree",
    sets: [
      record(1, { at: "a", ...weight(1), ...down }),
      record(2, { at: "b", ...region("us-east-1"), ...down }),
      record(3, { at: "b", ...region("eu-central-1"), ...up }),
      alias("first", "a", primary),
      alias("second", "b", secondary),
    ],
    asked: [{ from: "newYork", answers: [three] }],
  },
  {
    says: "a failed check on an alias hides the whole branch, healthy as it may be",
    sets: [
      record(1, { at: "a", ...weight(1), ...up }),
      alias("first", "a", { ...primary, ...down }),
      record(2, secondary),
    ],
    asked: only(two),
  },
  {
    says: "a check on an alias and the health of its target must both pass",
    sets: [
      record(1, { at: "a", ...weight(1), ...down }),
      alias("first", "a", { ...primary, ...up }),
      record(2, secondary),
    ],
    asked: only(two),
  },
  {
    says: "without EvaluateTargetHealth the branch is taken and something in it returned",
    sets: [
      record(1, { at: "a", ...weight(1), ...down }),
      record(2, { at: "a", ...weight(1), ...down }),
      alias("first", "a", { ...weight(1), eth: false }),
      record(3, weight(0)),
    ],
    asked: only(one, two),
  },
  {
    says: "a leaf without a check keeps its branch healthy",
    sets: [
      record(1, { at: "a", ...weight(1), ...down }),
      record(2, { at: "a", ...weight(0) }),
      alias("first", "a", primary),
      record(3, secondary),
    ],
    asked: only(two),
  },
  {
    says: "with the whole tree failing the rule is applied at the top, then in the branch chosen",
    sets: [
      record(1, { at: "a", ...primary, ...down }),
      record(2, { at: "a", ...secondary, ...down }),
      record(3, { at: "b", ...weight(1), ...down }),
      alias("first", "a", primary),
      alias("second", "b", secondary),
    ],
    asked: only(one),
  },
  {
    says: "latency over weights over failover: each level backs out into its sibling",
    sets: [
      record(1, { at: "pair", ...primary, ...down }),
      record(2, { at: "pair", ...secondary, ...down }),
      alias("pair", "pair", { at: "europe", ...weight(255) }),
      record(3, { at: "europe", ...weight(0), ...up }),
      alias("eu-central-1", "europe", region("eu-central-1")),
      record(4, region("us-east-1")),
    ],
    asked: [
      { from: "frankfurt", answers: [three] },
      { from: "newYork", answers: [four] },
    ],
  },
  {
    says: "a failing continent is backed out of, for those who have a wider place to go to",
    sets: [
      record(1, { at: "eu", ...weight(1), ...down }),
      alias("EU", "eu", continent("EU")),
      record(2, anywhere),
    ],
    asked: [
      { from: "frankfurt", answers: [two] },
      { from: "seoul", answers: [two] },
    ],
  },
  {
    says: "active-passive by weights: the passive ones when all active ones are down",
    sets: [
      record(1, { ...weight(10), ...down }),
      record(2, { ...weight(20), ...down }),
      record(3, weight(0)),
    ],
    asked: only(three),
  },
];
