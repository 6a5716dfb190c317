import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decide, defaultVoteRule, explainVotes, isVotedHealthy } from "./vote-rule.ts";
import type { VoteRule } from "./vote-rule.ts";

test("isVotedHealthy() wants more than 18 % of the voters, or what the check says", () => {
  const cases: readonly [healthy: number, voting: number, rule: VoteRule, expected: boolean][] = [
    [1, 1, defaultVoteRule, true],
    [0, 1, defaultVoteRule, false],
    [4, 5, defaultVoteRule, true],
    [1, 5, defaultVoteRule, true],
    [0, 5, defaultVoteRule, false],
    [1, 6, defaultVoteRule, false],
    [2, 11, defaultVoteRule, true],
    [3, 17, defaultVoteRule, false],
    [12, 15, defaultVoteRule, true],
    [3, 15, defaultVoteRule, true],
    [2, 15, defaultVoteRule, false],
    [9, 50, defaultVoteRule, false],
    [10, 50, defaultVoteRule, true],
    [18, 100, defaultVoteRule, false],
    [29, 100, { share: 0.29 }, false],
    [7, 100, { share: 0.07 }, false],
    [2, 4, { share: 0.5 }, false],
    [3, 4, { share: 0.5 }, true],
    [1, 5, { share: 0 }, true],
    [0, 5, { share: 0 }, false],
    [4, 5, { share: 1 }, false],
    [5, 5, { share: 1 }, true],
    [2, 5, { count: 3 }, false],
    [3, 5, { count: 3 }, true],
    [2, 2, { count: 3 }, true],
    [1, 2, { count: 3 }, false],
  ];
  for (const [healthy, voting, rule, expected] of cases) {
    const label = `${healthy} of ${voting}, ${JSON.stringify(rule)}`;
    assert.equal(isVotedHealthy(rule, healthy, voting), expected, label);
  }
});

test("decide() waits for those who could turn it round, and for nobody else", () => {
  const decided = (healthy: number, voting: number, pending: number): boolean | undefined =>
    decide(defaultVoteRule, { healthy, voting, pending });
  assert.equal(decided(0, 0, 0), undefined);
  assert.equal(decided(0, 0, 3), undefined);
  assert.equal(decided(0, 1, 0), false);
  assert.equal(decided(0, 1, 4), undefined, "London alone, the others have just begun");
  assert.equal(decided(1, 1, 4), true, "one of five is enough");
  assert.equal(decided(1, 5, 1), undefined, "1 of 6 would not be");
});

test("decide() never says what votes still to come can change", () => {
  const rules = fc.oneof(
    fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ count: fc.integer({ min: 1, max: 8 }) }),
  );
  const counts = fc.tuple(fc.nat(6), fc.nat(6), fc.nat(6), fc.nat(6), fc.nat(6));
  fc.assert(
    fc.property(rules, counts, (rule, [healthy, unhealthy, up, down, mute]) => {
      const voting = healthy + unhealthy;
      const decision = decide(rule, { healthy, voting, pending: up + down + mute });
      if (decision === undefined) return;
      assert.equal(isVotedHealthy(rule, healthy + up, voting + up + down), decision);
    }),
  );
});

test("explainVotes() says what was said and what is needed", () => {
  assert.equal(
    explainVotes(defaultVoteRule, { healthy: 2, voting: 11, pending: 0 }),
    "2 of 11 locations say healthy (18.2 %), more than 18 % are needed",
  );
  assert.equal(
    explainVotes({ count: 3 }, { healthy: 2, voting: 5, pending: 0 }),
    "2 of 5 locations say healthy (40 %), 3 are needed",
  );
});
