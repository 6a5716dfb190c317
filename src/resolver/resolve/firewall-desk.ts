import { lowerName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { RCODE, TYPE } from "../../dns/wire/registries.ts";
import type { FirewallVerdict } from "../firewall/firewall.ts";
import { emptyStep, servfail } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { recordOf } from "./records.ts";
import type { Asked, JudgeTarget, Resolution } from "./resolution.ts";
import type { ResolverCounts } from "./resolver-counts.ts";
import { EXTENDED_ERROR } from "./server-answers.ts";
import type { Troubles } from "./troubles.ts";

type Match = Exclude<FirewallVerdict, { action: "PASS" }>;
export type Block = Extract<FirewallVerdict, { action: "BLOCK" }>;

/** What the firewall says of a question, and what it will of the names its answer leads to. */
export type Judgement = {
  /** The rule that matched the question's own name. */
  match: Match | undefined;
  block: Block | undefined;
  judgeTarget: JudgeTarget | undefined;
  /** Of a name that the answer led to. */
  blockOfTarget(): Block | undefined;
  /** The first that matched anything, for the log. */
  firstMatch(): Match | undefined;
};

const pass: Judgement = {
  match: undefined,
  block: undefined,
  judgeTarget: undefined,
  blockOfTarget: () => undefined,
  firstMatch: () => undefined,
};

/** Puts questions to the firewall of their VPC. */
export class FirewallDesk {
  readonly #counts: ResolverCounts;
  readonly #troubles: Troubles;

  constructor(options: { counts: ResolverCounts; troubles: Troubles }) {
    this.#counts = options.counts;
    this.#troubles = options.troubles;
  }

  /** @returns an outcome where the firewall cannot be asked and fails closed */
  judge(asked: Asked): Judgement | { outcome: Outcome } {
    const { view, name, type } = asked;
    const { firewall } = view.settings;
    if (!firewall) return pass;
    const lower = lowerName(name);
    const first = this.#ask(asked, () =>
      firewall.mayMatch(lower) ? firewall.judge(lower, type) : { action: "PASS" },
    );
    if (!first) return { outcome: servfail(EXTENDED_ERROR.PROHIBITED) };
    let block: Block | undefined;
    let match = this.#count(first);
    const judgeTarget = (target: Name): Outcome | undefined => {
      const verdict = this.#ask(asked, () =>
        firewall.judgeRedirection(first, lowerName(target), type),
      );
      if (!verdict) return servfail(EXTENDED_ERROR.PROHIBITED);
      match ??= this.#count(verdict);
      if (verdict.action !== "BLOCK") return undefined;
      block = verdict;
      return servfail();
    };
    return {
      match,
      block: first.action === "BLOCK" ? first : undefined,
      judgeTarget,
      blockOfTarget: () => block,
      firstMatch: () => match,
    };
  }

  /** What a blocked question is answered with. */
  async blocked(asked: Asked, match: Block, resolution: Resolution): Promise<Outcome> {
    const { block } = match;
    const common = { firewall: match, extendedError: EXTENDED_ERROR.BLOCKED };
    if (block.response !== "OVERRIDE") {
      const rcode = block.response === "NXDOMAIN" ? RCODE.NXDOMAIN : RCODE.NOERROR;
      return { ...emptyStep(rcode), ...common };
    }
    const { target, ttlSeconds } = block;
    const alias = recordOf(asked.name, TYPE.CNAME, { ttl: ttlSeconds, rdata: target });
    if (asked.type === TYPE.CNAME) return { ...emptyStep(), ...common, answer: [alias] };
    // The operator's own target is not judged.
    const rest = await resolution.resolve({ ...asked, name: target });
    const answer = [alias, ...rest.answer];
    return { ...rest, ...common, answer, authentic: false, expiresAtSeconds: 0 };
  }

  /** What `judge` says; undefined where it cannot and queries are not to pass then. */
  #ask({ view }: Asked, judge: () => FirewallVerdict): FirewallVerdict | undefined {
    try {
      return judge();
    } catch (error) {
      this.#counts.firewallFailures++;
      const { vpcId, firewall } = view.settings;
      const why = error instanceof Error ? error.message : String(error);
      this.#troubles.warn(`Cannot evaluate the DNS Firewall of ${vpcId}: ${why}`);
      return firewall?.failOpen ? { action: "PASS" } : undefined;
    }
  }

  #count(verdict: FirewallVerdict): Match | undefined {
    if (verdict.action === "PASS") return undefined;
    if (verdict.action === "BLOCK") this.#counts.blocked++;
    if (verdict.action === "ALERT") this.#counts.alerted++;
    if (verdict.action === "ALLOW") this.#counts.allowed++;
    return verdict;
  }
}
