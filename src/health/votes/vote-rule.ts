import type { HealthCheckExtension } from "../../control/model/health-check-extension.ts";

/** When the votes of locations make a check healthy. */
export type VoteRule = NonNullable<HealthCheckExtension["votes"]>;

/**
 * More than 18 % of the checkers, as Route 53 has it.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
 */
export const defaultVoteRule: VoteRule = { share: 0.18 };

/** What the live locations that run a check say of it. */
export type Tally = {
  healthy: number;
  /** Live locations with a verdict. */
  voting: number;
  /** Locations that will have one shortly: they have begun with the check only just now. */
  pending: number;
};

/** Shares are compared in millionths, so that 18 % of 50 is 9 and not a hair more. */
const millionths = 1e6;

/**
 * Whether votes make a check healthy; all of them together always do. A count that is higher than
 * the number of voters wants all of them: what is lost then is a checker's view, not the endpoint.
 */
export function isVotedHealthy(rule: VoteRule, healthy: number, voting: number): boolean {
  if (healthy === voting) return healthy > 0;
  if ("count" in rule) return healthy >= Math.min(rule.count, voting);
  return healthy * millionths > Math.round(rule.share * millionths) * voting;
}

/**
 * What a tally decides: `undefined` where nobody votes, and where those that have no verdict yet
 * could still turn it round. Then the last status stays.
 */
export function decide(rule: VoteRule, { healthy, voting, pending }: Tally): boolean | undefined {
  if (voting === 0) return undefined;
  const worst = isVotedHealthy(rule, healthy, voting + pending);
  const best = isVotedHealthy(rule, healthy + pending, voting + pending);
  return worst === best ? worst : undefined;
}

/** One sentence: what was said, and what is needed. */
export function explainVotes(rule: VoteRule, { healthy, voting }: Tally): string {
  if (voting === 0) return "No location has a verdict: the last status stays";
  const share = Math.round((healthy / voting) * 1_000) / 10;
  const said = `${healthy} of ${voting} locations say healthy (${share} %)`;
  if ("count" in rule) return `${said}, ${Math.min(rule.count, voting)} are needed`;
  if (rule.share === 1) return `${said}, all are needed`;
  return `${said}, more than ${Math.round(rule.share * millionths) / 1e4} % are needed`;
}
