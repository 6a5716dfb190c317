import { autodefinedTtlSeconds, chainLengthMax } from "../../base/limits.ts";
import type { Message } from "../../dns/wire/message.ts";
import { formatName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { RCODE, TYPE } from "../../dns/wire/registries.ts";
import { readChain } from "./answer-chain.ts";
import { answerAutodefined, answerHosts } from "./autodefined.ts";
import type { Delegations } from "./delegations.ts";
import type { ImageAnswers, Asker } from "./image-answers.ts";
import { nameKey } from "../../dns/wire/name-key.ts";
import { emptyStep, servfail } from "./outcome.ts";
import type { Outcome, Step } from "./outcome.ts";
import type { OwnListeners } from "./own-listeners.ts";
import { recordOf } from "./records.ts";
import { routeOf } from "./resolver-plan.ts";
import type { Source } from "./resolver-plan.ts";
import { EXTENDED_ERROR, isFailure } from "./server-answers.ts";
import type { ServerAnswer, ServerAnswers, ServerQuestion } from "./server-answers.ts";
import { referralOf } from "./tidy-answer.ts";
import { narrower, subnetIn } from "./subnet-option.ts";
import type { Troubles } from "./troubles.ts";
import type { View } from "./view.ts";
import type { Work } from "./work.ts";

/** A question of a client, or one that its answer takes. */
export type Asked = {
  view: View;
  name: Name;
  type: number;
  dnssecOk: boolean;
  checkingDisabled: boolean;
  asker: Asker;
  work: Work;
};

/** Judges the names that a chain leads to. @returns what ends the chain, if anything does */
export type JudgeTarget = (name: Name) => Outcome | undefined;

export type ResolutionOptions = {
  servers: ServerAnswers;
  publicImages: ImageAnswers;
  /** The resolvers that know the public's names. */
  upstreams: Source;
  listeners: OwnListeners;
  delegations: Delegations;
  troubles: Troubles;
};

/**
 * The order in which a name is looked for: hosts entries, rules, autodefined names and private zones
 * of the VPC (the longest match has it), public zones served here, upstream resolvers; each name of
 * a chain again from the start.
 */
export class Resolution {
  readonly #options: ResolutionOptions;

  constructor(options: ResolutionOptions) {
    this.#options = options;
  }

  /** The answer to a question with all that its chain leads to. */
  async resolve(asked: Asked, judgeTarget?: JudgeTarget): Promise<Outcome> {
    const whole: Outcome = { ...emptyStep(), authentic: true, expiresAtSeconds: Infinity };
    const seen = new Set<string>();
    for (let { name } = asked; ;) {
      const key = nameKey(name);
      if (seen.has(key) || seen.size > chainLengthMax) return this.#givesUp(asked);
      seen.add(key);
      const step = await this.#step({ ...asked, name });
      append(whole, step);
      const judged = judgeTarget && this.#judge(step, name, { ...asked, judgeTarget });
      if (judged) return judged;
      if (!step.next) return whole;
      name = step.next;
    }
  }

  #givesUp({ name, view }: Asked): Outcome {
    const { vpcId } = view.settings;
    this.#options.troubles.warn(
      `Cannot resolve ${formatName(name)} in ${vpcId}: its chain of aliases does not end`,
    );
    return servfail(EXTENDED_ERROR.INVALID_DATA);
  }

  #judge(
    step: Step,
    name: Name,
    { type, judgeTarget }: Asked & { judgeTarget: JudgeTarget },
  ): Outcome | undefined {
    for (const { target } of readChain(step.answer, name, type).links) {
      const judged = judgeTarget(target);
      if (judged) return judged;
    }
    return undefined;
  }

  /** What is known of one name. */
  async #step(asked: Asked): Promise<Step> {
    const { view, name, type } = asked;
    const cut = routeOf(view.settings, name, type);
    switch (cut?.kind) {
      case "hosts":
        return answerHosts(cut.records, name, type);
      case "autodefined":
        return answerAutodefined(cut, name, type);
      case "zone":
        return this.#askZone(cut.zoneId, asked);
      case "forward":
        return this.#askServers(cut.source, asked);
    }
    return this.#askPublic(asked);
  }

  /** A private zone's answer is the last word: nothing falls through to the public's names. */
  async #askZone(zoneId: string, asked: Asked): Promise<Step> {
    const { view, name, type, asker } = asked;
    const message = view.serves(zoneId) ? view.images.ask(name, type, asker) : undefined;
    if (!message) {
      const { vpcId } = view.settings;
      const what = `Cannot answer from hosted zone ${zoneId} in ${vpcId}: it is not served`;
      this.#options.troubles.warn(what);
      return servfail(EXTENDED_ERROR.NOT_READY);
    }
    if (isReferral(message, name, type)) return this.#follow(message, asked);
    return stepOfImage(message, name, type);
  }

  async #askPublic(asked: Asked): Promise<Step> {
    const { publicImages, upstreams } = this.#options;
    const { name, type, asker } = asked;
    const message = publicImages.ask(name, type, asker);
    // What is delegated away, and the parent's side of a zone's apex, the public's servers know.
    const isOurs = message && !isReferral(message, name, type) && !isChildsDs(message, name, type);
    return isOurs ? stepOfImage(message, name, type) : this.#askServers(upstreams, asked);
  }

  async #askServers(source: Source, asked: Asked): Promise<Step> {
    const { listeners, servers, troubles } = this.#options;
    const { view, name, type, work } = asked;
    if (type === TYPE.ANY) return refuseAny(name);
    const isPublic = source === this.#options.upstreams;
    if (source.targets.length === 0 || (!isPublic && listeners.leadsBack(view, source, name))) {
      troubles.warn(cannotAsk(source, view));
      return servfail(EXTENDED_ERROR.NO_REACHABLE_AUTHORITY);
    }
    const { dnssecOk, checkingDisabled } = serverFlags(asked);
    const question: ServerQuestion = { name, type, dnssecOk, checkingDisabled };
    const result = await servers.ask(source, question, work);
    if (isFailure(result)) {
      troubles.warn(`Cannot resolve names by ${source.what}: ${result.failure}`);
      return servfail(result.extendedError);
    }
    if (isReferral(result, name, type)) return this.#follow(result, asked);
    return this.#stepOfServers(result, source, asked);
  }

  /** As much of a chain as these servers are asked for; what leads elsewhere is looked for there. */
  #stepOfServers(result: ServerAnswer, source: Source, asked: Asked): Step {
    const { view, name, type } = asked;
    const chain = readChain(result.answer, name, type);
    const step: Step = {
      ...emptyStep(result.rcode),
      authority: [...result.authority],
      authentic: result.authentic,
      expiresAtSeconds: result.isStale ? 0 : result.expiresAtSeconds,
      ...(result.isStale ? { extendedError: staleError(result.rcode) } : {}),
    };
    for (const { records, target } of chain.links) {
      step.answer.push(...records);
      if (this.#sourceOf(view, target, asked) === source) continue;
      return { ...step, rcode: RCODE.NOERROR, authority: [], next: target };
    }
    step.answer.push(...chain.final);
    // Servers that know the alias alone: what it stands for is another question.
    const isOpen =
      chain.final.length === 0 && chain.links.length > 0 && step.authority.length === 0;
    if (isOpen && step.rcode === RCODE.NOERROR) return { ...step, next: chain.end };
    return step;
  }

  /** Whether a name is of a public zone here, whose answers are never those of the cache. */
  isPublicHere(name: Name): boolean {
    return this.#options.publicImages.covers(name);
  }

  /** The servers that a name is asked of; undefined where the answer is to be had here. */
  #sourceOf(view: View, name: Name, { type, asker }: Asked): Source | undefined {
    const cut = routeOf(view.settings, name, type);
    if (cut) return cut.kind === "forward" ? cut.source : undefined;
    const { publicImages, upstreams } = this.#options;
    const message = publicImages.ask(name, type, asker);
    return !message || isReferral(message, name, type) ? upstreams : undefined;
  }

  /** Goes on with the name servers of a referral, where a DELEGATE rule allows it. */
  async #follow(
    referral: Pick<Message, "rcode" | "authority" | "additional">,
    asked: Asked,
  ): Promise<Step> {
    const { delegations } = this.#options;
    const source = await delegations.sourceOf(referral, asked, (address) => this.resolve(address));
    if (!source) return servfail(EXTENDED_ERROR.NO_REACHABLE_AUTHORITY);
    return this.#askServers(source, asked);
  }
}

/** What is at a name of others is not gathered for anyone (RFC 8482 §4.2). */
function refuseAny(name: Name): Step {
  const rdata = Uint8Array.from("\x07RFC8482\x00", (letter) => letter.charCodeAt(0));
  const record = recordOf(name, TYPE.HINFO, { ttl: autodefinedTtlSeconds, rdata });
  return { ...emptyStep(), answer: [record] };
}

/**
 * DO and CD of the question to servers. Where signatures are checked, clients get neither records
 * nor a way around it.
 */
function serverFlags({ view, dnssecOk, checkingDisabled }: Asked) {
  const { validates } = view.settings;
  return { dnssecOk: dnssecOk && !validates, checkingDisabled: checkingDisabled && !validates };
}

function cannotAsk({ what, targets }: Source, { settings: { vpcId } }: View): string {
  if (targets.length === 0) return `Cannot resolve names in ${vpcId}: ${what} have no addresses`;
  return `Cannot forward queries of ${vpcId}: ${what} leads back to this resolver`;
}

/** Name servers and nothing else. */
function isReferral(
  message: Pick<Message, "rcode" | "answer" | "authority">,
  name: Name,
  type: number,
): boolean {
  const { links, final } = readChain(message.answer, name, type);
  if (links.length > 0 || final.length > 0) return false;
  return referralOf(message, name).length > 0 && !hasSoa(message);
}

function hasSoa({ authority }: Pick<Message, "authority">): boolean {
  return authority.some(({ type }) => type === TYPE.SOA);
}

/** The child's denial of its own DS set, which is its parent's (RFC 4035 §3.1.4.1). */
function isChildsDs(message: Message, name: Name, type: number): boolean {
  if (type !== TYPE.DS) return false;
  const key = nameKey(name);
  return message.authority.some(
    ({ type: soa, owner }) => soa === TYPE.SOA && nameKey(owner) === key,
  );
}

/** RFC 8914 §4.4, §4.20. */
function staleError(rcode: number): number {
  const { STALE_ANSWER, STALE_NXDOMAIN_ANSWER } = EXTENDED_ERROR;
  return rcode === RCODE.NXDOMAIN ? STALE_NXDOMAIN_ANSWER : STALE_ANSWER;
}

/** The first alias alone: its target may be another's. */
function stepOfImage(message: Message, name: Name, type: number): Step {
  const { links, final } = readChain(message.answer, name, type);
  const subnet = subnetIn(message);
  const [link] = links;
  if (link) return { ...emptyStep(), answer: link.records, next: link.target, subnet };
  const { rcode, authority } = message;
  return { ...emptyStep(rcode), answer: final, authority: [...authority], subnet };
}

/** Adds a step to the answer; the last one's response code counts (RFC 6604 §3). */
function append(whole: Outcome, step: Step): void {
  whole.rcode = step.rcode;
  whole.answer.push(...step.answer);
  whole.authority = step.authority;
  whole.authentic &&= step.authentic;
  whole.expiresAtSeconds = Math.min(whole.expiresAtSeconds, step.expiresAtSeconds);
  whole.extendedError = step.extendedError ?? whole.extendedError;
  whole.subnet = narrower(whole.subnet, step.subnet);
}
